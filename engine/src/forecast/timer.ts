/** One thing to happen: a callback with two arguments. `callback` is null once it has happened or was cancelled. */
export class Timer {
  callback: ((target: unknown, argument: unknown) => void) | null;
  target: unknown;
  argument: unknown;

  constructor(
    callback: ((target: unknown, argument: unknown) => void) | null,
    target: unknown,
    argument: unknown,
  ) {
    this.callback = callback;
    this.target = target;
    this.argument = argument;
  }

  /** It will not happen, and keeps nothing alive. */
  clear(): void {
    this.callback = null;
    this.target = null;
    this.argument = null;
  }
}

/** Timers of one clock, and which of them is the first. A cancelled one stays as a mark, until it is its turn or marks are cleared out. */
export interface TimerQueue {
  add(atMs: number, order: number, timer: Timer): void;
  /** Takes the first one out; it may be a cancelled one. There must be one. */
  take(): Timer;
  clearOut(): void;
}
