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

/** The devices' time: this machine's. */
export const time: Time = {
  now: () => performance.now(),
  set: (delayMs, callback, device, argument) => setTimeout(callback, delayMs, device, argument),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
