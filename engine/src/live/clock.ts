import { performance } from "node:perf_hooks";
import type { Time } from "../device/port.ts";

/** Read once: the getter costs more than `performance.now()`. */
const { timeOrigin } = performance;

/** Epoch milliseconds, monotonic on the wall's scale: a clock that is set during the run does not move storms. */
export function wallClock(): number {
  return timeOrigin + performance.now();
}

/** This process began then, epoch milliseconds. A thread of it may have begun later. */
export function processStartedAtMs(): number {
  return Date.now() - process.uptime() * 1000;
}

/** The clock and the timers of this process. */
export const time: Time = {
  now: () => performance.now(),
  wake: (delayMs, callback, target, argument) => setTimeout(callback, delayMs, target, argument),
  wakeIdle: (delayMs, callback, target, argument) => setTimeout(callback, delayMs, target, argument).unref(),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
