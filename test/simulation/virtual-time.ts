import type { Time } from "../../engine/src/device/port.ts";

/** Whose timer it is: the engine's own, or an event of the simulated world, such as a packet on its way. */
type Side = "engine" | "world";

/** One event to come. `callback` is null once it has happened or was cancelled. */
export interface Timer {
  readonly atMs: number;
  /** Counts timers as they are set. */
  readonly order: number;
  readonly side: Side;
  callback: ((target: unknown, argument: unknown) => void) | null;
  readonly target: unknown;
  readonly argument: unknown;
}

/**
 * A clock that is an event heap: it stands at the instant of the event that happens, and moves to the next. Events of one instant
 * happen in the order in which they were set. As with Node's timers no delay is shorter than a millisecond.
 */
export class VirtualTime implements Time {
  #nowMs: number;
  #count = 0;
  readonly #heap: Timer[] = [];
  /** Delays are cut to whole milliseconds, as Node's are: many events then share an instant. */
  readonly #isCoarse: boolean;
  /** Timers of the engine's that have neither fired nor been cancelled. */
  pending = 0;

  constructor(startMs: number, isCoarse: boolean) {
    this.#nowMs = startMs;
    this.#isCoarse = isCoarse;
  }

  now(): number {
    return this.#nowMs;
  }

  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object {
    const nodeMs = this.#isCoarse ? Math.trunc(delayMs) : delayMs;
    this.pending++;
    return this.#set(this.#nowMs + Math.max(1, nodeMs), "engine", callback, target, argument);
  }

  wakeIdle<T, A>(
    delayMs: number,
    callback: (target: T, argument: A) => void,
    target: T,
    argument: A,
  ): object {
    return this.wake(delayMs, callback, target, argument);
  }

  cancel(timer: object): void {
    const known = timer as Timer;
    if (known.callback === null) return;
    known.callback = null;
    if (known.side === "engine") this.pending--;
  }

  /** Something that happens in the world, whatever the engine does. */
  at<T, A>(atMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): void {
    this.#set(Math.max(this.#nowMs, atMs), "world", callback, target, argument);
  }

  later(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, call, act, undefined);
  }

  /** The next event happens, unless it is later than `untilMs`: then the clock stands there. False where nothing happened. */
  step(untilMs: number): boolean {
    for (;;) {
      const [next] = this.#heap;
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#takeFirst();
      const { callback } = next;
      if (callback === null) continue;
      next.callback = null;
      if (next.side === "engine") this.pending--;
      this.#nowMs = next.atMs;
      callback(next.target, next.argument);
      return true;
    }
  }

  /** Nothing will ever happen. */
  get isEmpty(): boolean {
    return this.#heap.every(({ callback }) => callback === null);
  }

  /** Timers of the engine's that are still to fire. */
  timers(): Timer[] {
    return this.#heap.filter(({ side, callback }) => side === "engine" && callback !== null);
  }

  #set<T, A>(
    atMs: number,
    side: Side,
    callback: (target: T, argument: A) => void,
    target: T,
    argument: A,
  ): Timer {
    this.#count++;
    const known = callback as (target: unknown, argument: unknown) => void;
    const timer: Timer = { atMs, order: this.#count, side, callback: known, target, argument };
    this.#add(timer);
    return timer;
  }

  #add(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function call(act: () => void): void {
  act();
}
