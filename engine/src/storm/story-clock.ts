import type { Time } from "../device/port.ts";
import type { StormEvent } from "./schedule.ts";

export interface StoryTime {
  /** Epoch milliseconds. */
  wallClock(): number;
  /** The devices' clock. */
  time: Time;
}

/** The clock of a story: each of its events happens when its time after time zero has come. */
export class StoryClock {
  readonly #options: StoryTime;
  readonly #happen: (event: StormEvent) => void;
  /** What is left to happen. */
  #left: readonly StormEvent[];
  #timeZeroMs = 0;
  #timer: object | null = null;

  constructor(options: StoryTime, story: readonly StormEvent[], happen: (event: StormEvent) => void) {
    this.#options = options;
    this.#left = story;
    this.#happen = happen;
  }

  get left(): readonly StormEvent[] {
    return this.#left;
  }

  /** Starts, or moves what has not happened yet: workers may still agree on an earlier time zero. */
  setTimeZero(epochMs: number): void {
    this.#timeZeroMs = epochMs;
    this.#arm();
  }

  /** This is left to happen from now on. */
  goOnWith(left: readonly StormEvent[]): void {
    this.#left = left;
    this.#arm();
  }

  /** As `goOnWith`, of what happens now: the clock is armed when that is over. */
  thenGoOnWith(left: readonly StormEvent[]): void {
    this.#left = left;
  }

  stop(): void {
    this.#disarm();
    this.#left = [];
  }

  get timeZeroMs(): number {
    return this.#timeZeroMs;
  }

  /** Epoch milliseconds of an instant of the story. */
  epochAt(atMs: number): number {
    return this.#timeZeroMs + atMs;
  }

  /** How long ago an instant of the story was. */
  sinceMs(atMs: number): number {
    return this.#options.wallClock() - this.epochAt(atMs);
  }

  /** Epoch milliseconds on the devices' clock. */
  monotonicAt(epochMs: number): number {
    return this.#options.time.now() - (this.#options.wallClock() - epochMs);
  }

  /** An instant of the devices' clock in epoch milliseconds. */
  epochOf(monotonicMs: number): number {
    return this.#options.wallClock() - (this.#options.time.now() - monotonicMs);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.time.cancel(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.#disarm();
    const [event] = this.#left;
    if (event === undefined) return;
    const delayMs = Math.max(0, -this.sinceMs(event.atMs));
    this.#timer = this.#options.time.wake(Math.min(delayMs, LONGEST_WAIT_MS), onDue, this, event);
  }

  /** The time of an event may have come. */
  due(event: StormEvent): void {
    this.#timer = null;
    // Node's timers may fire up to a millisecond early, and the longest wait may not be long enough.
    if (this.sinceMs(event.atMs) >= 0) {
      this.#left = this.#left.slice(1);
      this.#happen(event);
    }
    this.#arm();
  }
}

/** Node's timers hold no more: 24.8 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

function onDue(clock: StoryClock, event: StormEvent): void {
  clock.due(event);
}
