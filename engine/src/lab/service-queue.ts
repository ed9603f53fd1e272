/**
 * A back end's queue: first in, first out, `capacity` answers per second, a bounded number waiting. No clock, no timer;
 * every request is done at an instant of its own, so that what is served or dropped does not depend on how often the
 * queue is looked at.
 */

export interface ServiceQueueOptions {
  /** Answers per second. */
  capacity: number;
  /** Requests waiting at most, the one being served included; one that comes beyond is dropped. */
  limit: number;
  /** More capacity, for good, once requests have waited without a break for `afterMs`. */
  scaleUp?: { afterMs: number; to: number };
}

/** A service's own settings as those of its queue. */
export function queueOptions({
  capacity,
  queueLimit,
  scaleUp,
}: {
  capacity: number;
  queueLimit: number;
  scaleUp?: ServiceQueueOptions["scaleUp"] | undefined;
}): ServiceQueueOptions {
  return { capacity, limit: queueLimit, ...(scaleUp === undefined ? {} : { scaleUp }) };
}

const COMPACT_FROM = 1024;

export class ServiceQueue<Request> {
  readonly #limit: number;
  readonly #scaleUp: { afterMs: number; to: number } | null;
  #capacity: number;
  #requests: Request[] = [];
  /** Index of the first request that is not taken yet. */
  #head = 0;
  /** Index of the first request that is not served yet. */
  #next = 0;
  /** The server is done with the request before `#next` at this time. */
  #freeAtMs = Number.NEGATIVE_INFINITY;
  #busySinceMs = 0;

  constructor({ capacity, limit, scaleUp }: ServiceQueueOptions) {
    this.#capacity = capacity;
    this.#limit = limit;
    this.#scaleUp = scaleUp ?? null;
  }

  /** Requests that were not taken yet. */
  get length(): number {
    return this.#requests.length - this.#head;
  }

  /** False where the queue is full and the request is dropped. */
  offer(request: Request, nowMs: number): boolean {
    this.#serve(nowMs);
    const waiting = this.#requests.length - this.#next;
    if (waiting >= this.#limit) return false;
    if (waiting === 0) {
      // An idle server saves nothing up: its next answer takes its full time.
      this.#freeAtMs = Math.max(this.#freeAtMs, nowMs);
      this.#busySinceMs = this.#freeAtMs;
    }
    this.#requests.push(request);
    return true;
  }

  /** The requests that are served by `nowMs` and were not taken before, in the order they came. */
  take(nowMs: number): Request[] {
    this.#serve(nowMs);
    const served = this.#requests.slice(this.#head, this.#next);
    this.#head = this.#next;
    if (this.#head > COMPACT_FROM && this.#head * 2 > this.#requests.length) {
      this.#requests = this.#requests.slice(this.#head);
      this.#head = 0;
      this.#next = 0;
    }
    return served;
  }

  /** Goes on after a pause in which nothing was served: requests kept their place, and the lost time is not caught up. */
  resume(nowMs: number): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs);
  }

  #serve(nowMs: number): void {
    while (this.#next < this.#requests.length) {
      const doneAtMs = this.#freeAtMs + 1000 / this.#capacityAt(this.#freeAtMs);
      if (doneAtMs > nowMs) return;
      this.#freeAtMs = doneAtMs;
      this.#next++;
    }
  }

  /** The capacity that serves a request whose service starts at `startMs`. */
  #capacityAt(startMs: number): number {
    if (this.#scaleUp !== null && startMs - this.#busySinceMs >= this.#scaleUp.afterMs) {
      this.#capacity = Math.max(this.#capacity, this.#scaleUp.to);
    }
    return this.#capacity;
  }
}
