import type { Time } from "../device/port.ts";
import { EventHeap, Timer } from "./event-heap.ts";
import { type Happen, Lane } from "./lane.ts";

/**
 * A clock that stands at the instant of the event that happens, and moves to the next. Events of one instant happen in the order
 * in which they were set, whatever kind they are of.
 */
export class VirtualClock implements Time {
  #nowMs = 0;
  #order = 0;
  readonly #heap = new EventHeap();
  readonly #lanes: Lane[] = [];
  /** What has happened so far. */
  events = 0;

  /** Milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  /** As with Node's timers no delay is shorter than a millisecond. */
  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Timer {
    const timer = new Timer(callback as Happen, target, argument);
    this.#heap.add(this.#nowMs + Math.max(1, delayMs), this.#order++, timer);
    return timer;
  }

  wakeIdle<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Timer {
    return this.wake(delayMs, callback, target, argument);
  }

  cancel(timer: object): void {
    this.#heap.cancel(timer as Timer);
  }

  /** A lane of events whose times never go back. */
  lane(): Lane {
    const lane = new Lane();
    this.#lanes.push(lane);
    return lane;
  }

  /** Puts an event into one of this clock's lanes. */
  push<T, A>(
    lane: Lane,
    delayMs: number,
    happen: (target: T, argument: A) => void,
    target: T,
    argument: A,
  ): void {
    lane.push(this.#nowMs + delayMs, this.#order++, happen as Happen, target, argument);
  }

  /** The next events happen, `most` of them. False where nothing is left to happen. */
  advance(most: number): boolean {
    const heap = this.#heap;
    const lanes = this.#lanes;
    const until = this.events + most;
    while (this.events < until) {
      let firstMs = heap.firstMs;
      let order = firstMs === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : heap.firstOrder;
      let first: Lane | null = null;
      for (let i = 0; i < lanes.length; i++) {
        const lane = lanes[i] as Lane;
        if (lane.firstMs > firstMs || (lane.firstMs === firstMs && lane.firstOrder > order)) continue;
        if (lane.firstMs === Number.POSITIVE_INFINITY) continue;
        first = lane;
        firstMs = lane.firstMs;
        order = lane.firstOrder;
      }
      if (firstMs === Number.POSITIVE_INFINITY) return false;
      if (first !== null) {
        this.#nowMs = firstMs;
        this.events++;
        first.happen();
        continue;
      }
      const timer = heap.take();
      const { callback, target, argument } = timer;
      if (callback === null) continue;
      timer.clear();
      this.#nowMs = firstMs;
      this.events++;
      callback(target, argument);
    }
    return true;
  }
}
