import type { Heads } from "./heads.ts";
import { grownRing } from "./ring.ts";
import type { Timer, TimerQueue } from "./timer.ts";

const FIRST_CAPACITY = 256;

/**
 * Timers of one delay, such as a time-out that all devices have: each ends after those that were set before it, so that a ring is
 * all that it takes to know the next one. Most time-outs are cancelled, and then cost nothing but their place.
 */
export class TimerLane implements TimerQueue {
  readonly delayMs: number;
  readonly #heads: Heads;
  readonly #place: number;
  #times = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  #timers: (Timer | null)[] = new Array(FIRST_CAPACITY).fill(null);
  #head = 0;
  #size = 0;

  constructor(delayMs: number, heads: Heads) {
    this.delayMs = delayMs;
    this.#heads = heads;
    this.#place = heads.add();
  }

  add(atMs: number, order: number, timer: Timer): void {
    if (this.#size === this.#timers.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#timers.length - 1);
    this.#times[at] = atMs;
    this.#orders[at] = order;
    this.#timers[at] = timer;
    this.#size++;
    if (this.#size === 1) this.#heads.set(this.#place, atMs, order);
  }

  take(): Timer {
    const timer = this.#timers[this.#head] as Timer;
    this.#timers[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#timers.length - 1);
    this.#size--;
    this.#showFirst();
    return timer;
  }

  clearOut(): void {
    const mask = this.#timers.length - 1;
    let kept = 0;
    for (let i = 0; i < this.#size; i++) {
      const from = (this.#head + i) & mask;
      const timer = this.#timers[from] as Timer;
      if (timer.callback === null) continue;
      const to = (this.#head + kept++) & mask;
      this.#times[to] = this.#times[from] as number;
      this.#orders[to] = this.#orders[from] as number;
      this.#timers[to] = timer;
    }
    for (let i = kept; i < this.#size; i++) this.#timers[(this.#head + i) & mask] = null;
    this.#size = kept;
    this.#showFirst();
  }

  #showFirst(): void {
    if (this.#size === 0) this.#heads.setEmpty(this.#place);
    else this.#heads.set(this.#place, this.#times[this.#head] as number, this.#orders[this.#head] as number);
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const orders = new Float64Array(this.#orders.length * 2);
    times.set(this.#times.subarray(this.#head));
    times.set(this.#times.subarray(0, this.#head), this.#times.length - this.#head);
    orders.set(this.#orders.subarray(this.#head));
    orders.set(this.#orders.subarray(0, this.#head), this.#orders.length - this.#head);
    this.#timers = grownRing(this.#timers, this.#head);
    this.#times = times;
    this.#orders = orders;
    this.#head = 0;
  }
}
