import type { Time } from "../device/port.ts";
import { EventHeap } from "./event-heap.ts";
import { Heads } from "./heads.ts";
import { type Happen, Lane } from "./lane.ts";
import { Timer, type TimerQueue } from "./timer.ts";
import { TimerLane } from "./timer-lane.ts";

/** So many delays have a lane of their own: a script has few time-outs, and other delays are random. */
const MOST_DELAYS = 16;
/** Fewer cancelled timers than this are not worth a pass. */
const FEWEST_DEAD = 4096;

/**
 * A clock that stands at the instant of the event that happens, and moves to the next. Events of one instant happen in the order
 * in which they were set, whatever kind they are of.
 */
export class VirtualClock implements Time {
  #nowMs = 0;
  #order = 0;
  readonly #heads = new Heads();
  /** Timers of delays that have no lane. */
  readonly #heap = new EventHeap(this.#heads);
  readonly #delays: TimerLane[] = [];
  #latestDelayMs = 0;
  /** By the place of the queue's head: a lane of events, or a queue of timers. */
  readonly #lanes: (Lane | null)[] = [null];
  readonly #timers: (TimerQueue | null)[] = [this.#heap];
  /** Timers in queues, and how many of them are cancelled. */
  #waiting = 0;
  #dead = 0;
  /** What has happened so far. */
  events = 0;

  /** Milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  /** As with Node's timers no delay is shorter than a millisecond. */
  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Timer {
    const timer = new Timer(callback as Happen, target, argument);
    const waitMs = Math.max(1, delayMs);
    this.#waiting++;
    this.#queueOf(waitMs).add(this.#nowMs + waitMs, this.#order++, timer);
    return timer;
  }

  wakeIdle<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Timer {
    return this.wake(delayMs, callback, target, argument);
  }

  /** A delay that is asked for twice, one right after the other, is not random. */
  #queueOf(delayMs: number): TimerQueue {
    const delays = this.#delays;
    for (let i = 0; i < delays.length; i++) {
      const lane = delays[i] as TimerLane;
      if (lane.delayMs === delayMs) return lane;
    }
    if (delayMs !== this.#latestDelayMs || delays.length === MOST_DELAYS) {
      this.#latestDelayMs = delayMs;
      return this.#heap;
    }
    const lane = new TimerLane(delayMs, this.#heads);
    delays.push(lane);
    this.#lanes.push(null);
    this.#timers.push(lane);
    return lane;
  }

  /** O(1); over all cancelled timers, for most are taken out in one pass. */
  cancel(timer: object): void {
    const { callback } = timer as Timer;
    if (callback === null) return;
    (timer as Timer).clear();
    this.#dead++;
    if (this.#dead < FEWEST_DEAD || this.#dead * 2 <= this.#waiting) return;
    for (const timers of this.#timers) timers?.clearOut();
    this.#waiting -= this.#dead;
    this.#dead = 0;
  }

  /** A lane of events whose times never go back. */
  lane(): Lane {
    const lane = new Lane(this.#heads);
    this.#lanes.push(lane);
    this.#timers.push(null);
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
    const heads = this.#heads;
    const until = this.events + most;
    while (this.events < until) {
      const place = heads.first();
      if (place < 0) return false;
      const firstMs = heads.ms[place] as number;
      const lane = this.#lanes[place] as Lane | null;
      if (lane !== null) {
        this.#nowMs = firstMs;
        this.events++;
        lane.happen();
        continue;
      }
      const timer = (this.#timers[place] as TimerQueue).take();
      const { callback, target, argument } = timer;
      this.#waiting--;
      if (callback === null) {
        this.#dead--;
        continue;
      }
      timer.clear();
      this.#nowMs = firstMs;
      this.events++;
      callback(target, argument);
    }
    return true;
  }
}
