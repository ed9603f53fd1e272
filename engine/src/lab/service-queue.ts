/** A back end's queue: first in, first out, `capacity` answers per second, a bounded number waiting. No clock, no timer. */

export interface ServiceQueueOptions {
  /** Answers per second. */
  capacity: number;
  /** Requests waiting at most; one that comes beyond is dropped. */
  limit: number;
  /** More capacity once requests have waited without a break for `afterMs`, as back ends scale that do so by load. */
  scaleUp?: { afterMs: number; to: number };
}

export class ServiceQueue<Request> {
  readonly #limit: number;
  readonly #scaleUp: { afterMs: number; to: number } | null;
  #capacity: number;
  #waiting: Request[] = [];
  #head = 0;
  /** When the server is done with the request before the first one that waits. */
  #freeAtMs = Number.NEGATIVE_INFINITY;
  #busySinceMs: number | null = null;
  dropped = 0;

  constructor({ capacity, limit, scaleUp }: ServiceQueueOptions) {
    this.#capacity = capacity;
    this.#limit = limit;
    this.#scaleUp = scaleUp ?? null;
  }

  get length(): number {
    return this.#waiting.length - this.#head;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** False where the queue is full and the request is dropped. */
  offer(request: Request, nowMs: number): boolean {
    if (this.length >= this.#limit) {
      this.dropped++;
      return false;
    }
    if (this.length === 0) {
      // An idle server saves nothing up: its next answer takes its full time.
      this.#freeAtMs = Math.max(this.#freeAtMs, nowMs);
      this.#busySinceMs = nowMs;
    }
    this.#waiting.push(request);
    return true;
  }

  /** The requests that are served by `nowMs`, in the order they came. */
  take(nowMs: number): Request[] {
    const served: Request[] = [];
    this.#scale(nowMs);
    let doneAtMs = this.#freeAtMs + 1000 / this.#capacity;
    while (this.length > 0 && doneAtMs <= nowMs) {
      served.push(this.#waiting[this.#head++] as Request);
      this.#freeAtMs = doneAtMs;
      doneAtMs += 1000 / this.#capacity;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (this.length === 0) this.#busySinceMs = null;
    return served;
  }

  #scale(nowMs: number): void {
    if (this.#scaleUp === null || this.#busySinceMs === null) return;
    if (nowMs - this.#busySinceMs < this.#scaleUp.afterMs) return;
    this.#capacity = Math.max(this.#capacity, this.#scaleUp.to);
  }
}
