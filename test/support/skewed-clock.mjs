/** Preloaded, it sets the clock of a process, and of its worker threads, ahead by CLOCK_AHEAD_MS: what a host without NTP has. */
import { performance } from "node:perf_hooks";

const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);
const { now } = Date;
const { timeOrigin } = performance;

globalThis.Date = class extends Date {
  constructor(...parts) {
    if (parts.length === 0) super(now() + aheadMs);
    else super(...parts);
  }

  static now() {
    return now() + aheadMs;
  }
};
Object.defineProperty(performance, "timeOrigin", { value: timeOrigin + aheadMs, configurable: true });
