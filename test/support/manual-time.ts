import type { Time } from "../../engine/src/device/port.ts";

interface ManualTimer {
  atMs: number;
  fire: () => void;
}

/** A clock that moves only when the test says so. Timers fire in order of their instants, equal ones as they were set. */
export class ManualTime implements Time {
  #nowMs: number;
  readonly #timers = new Set<ManualTimer>();

  constructor(startMs = 1000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object {
    const timer = { atMs: this.#nowMs + delayMs, fire: () => callback(target, argument) };
    this.#timers.add(timer);
    return timer;
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
    this.#timers.delete(timer as ManualTimer);
  }

  /** Timers that have neither fired nor been cleared. */
  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      let due: ManualTimer | null = null;
      for (const timer of this.#timers) {
        if (timer.atMs <= untilMs && (due === null || timer.atMs < due.atMs)) due = timer;
      }
      if (due === null) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fire();
    }
    this.#nowMs = untilMs;
  }
}
