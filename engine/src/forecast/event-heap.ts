import type { Heads } from "./heads.ts";
import type { Timer, TimerQueue } from "./timer.ts";

const FIRST_CAPACITY = 1024;
/** So many children has a node: a flatter heap than a binary one, whose children stand side by side in memory. */
const CHILDREN = 4;

/**
 * Timers by their time; those of one time in the order in which they were set. Times and orders stand in typed arrays, so that
 * comparing follows no pointer.
 */
export class EventHeap implements TimerQueue {
  readonly #heads: Heads;
  readonly #place: number;
  #times = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  #timers: Timer[] = [];
  #size = 0;

  constructor(heads: Heads) {
    this.#heads = heads;
    this.#place = heads.add();
  }

  add(atMs: number, order: number, timer: Timer): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#rise(this.#size++, atMs, order, timer);
    this.#showFirst();
  }

  take(): Timer {
    const first = this.#timers[0] as Timer;
    const last = --this.#size;
    const timer = this.#timers.pop() as Timer;
    if (last > 0) this.#sink(0, this.#times[last] as number, this.#orders[last] as number, timer);
    this.#showFirst();
    return first;
  }

  #showFirst(): void {
    if (this.#size === 0) this.#heads.setEmpty(this.#place);
    else this.#heads.set(this.#place, this.#times[0] as number, this.#orders[0] as number);
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const orders = new Float64Array(this.#orders.length * 2);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
  }

  /** Puts it into the hole at `at`, or where its parents leave it. */
  #rise(at: number, atMs: number, order: number, timer: Timer): void {
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    let hole = at;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const parentMs = times[parent] as number;
      if (parentMs < atMs || (parentMs === atMs && (orders[parent] as number) < order)) break;
      times[hole] = parentMs;
      orders[hole] = orders[parent] as number;
      timers[hole] = timers[parent] as Timer;
      hole = parent;
    }
    times[hole] = atMs;
    orders[hole] = order;
    timers[hole] = timer;
  }

  /** Puts it into the hole at `at`, or below, where its children leave it. */
  #sink(at: number, atMs: number, order: number, timer: Timer): void {
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    const size = this.#size;
    let hole = at;
    for (;;) {
      const first = hole * CHILDREN + 1;
      if (first >= size) break;
      const end = Math.min(first + CHILDREN, size);
      let least = first;
      let leastMs = times[first] as number;
      for (let child = first + 1; child < end; child++) {
        const childMs = times[child] as number;
        if (childMs > leastMs) continue;
        if (childMs === leastMs && (orders[child] as number) > (orders[least] as number)) continue;
        least = child;
        leastMs = childMs;
      }
      if (leastMs > atMs || (leastMs === atMs && (orders[least] as number) > order)) break;
      times[hole] = leastMs;
      orders[hole] = orders[least] as number;
      timers[hole] = timers[least] as Timer;
      hole = least;
    }
    times[hole] = atMs;
    orders[hole] = order;
    timers[hole] = timer;
  }

  /** Makes a heap of what is left. */
  clearOut(): void {
    const size = this.#size;
    let kept = 0;
    for (let at = 0; at < size; at++) {
      const timer = this.#timers[at] as Timer;
      if (timer.callback === null) continue;
      this.#times[kept] = this.#times[at] as number;
      this.#orders[kept] = this.#orders[at] as number;
      this.#timers[kept] = timer;
      kept++;
    }
    this.#timers.length = kept;
    this.#size = kept;
    for (let at = (kept - 2) >> 2; at >= 0; at--) {
      this.#sink(at, this.#times[at] as number, this.#orders[at] as number, this.#timers[at] as Timer);
    }
    this.#showFirst();
  }
}
