import type { FleetSlot } from "./run-tail.ts";

/** What the fleet asks for and what comes of it, at the end of a slot. */
export interface LiveRates {
  tMs: number;
  connectAttemptsPerS: number;
  configRequestsPerS: number;
  readyPerS: number;
}

export interface Window {
  fromMs: number;
  toMs: number;
}

/** Rates are means over a second, or over a slot where that is wider. */
export function meansOverMs(slotMs: number): number {
  return Math.max(1, Math.round(1000 / slotMs)) * slotMs;
}

/**
 * Offered load and goodput. As in the report, goodput inside the windows of storms is who became ready for the first time since, and
 * outside of them what the number of ready devices grew by.
 *
 * @param slots sorted by time
 */
export function ratesOf(
  slots: readonly FleetSlot[],
  slotMs: number,
  windows: readonly Window[],
): LiveRates[] {
  const overMs = meansOverMs(slotMs);
  const isInWindow = (tMs: number): boolean =>
    windows.some(({ fromMs, toMs }) => tMs + slotMs > fromMs && tMs < toMs);
  const goodput = slots.map((slot) => (isInWindow(slot.tMs) ? slot.storm_ready : slot.ready_gained));
  const sum = { connects: 0, requests: 0, ready: 0 };
  let oldest = 0;
  return slots.map((slot, i) => {
    const add = (at: number, sign: 1 | -1): void => {
      const { connect_attempts = 0, config_requests = 0 } = slots[at] ?? {};
      sum.connects += sign * connect_attempts;
      sum.requests += sign * config_requests;
      sum.ready += sign * (goodput[at] ?? 0);
    };
    add(i, 1);
    for (; (slots[oldest]?.tMs ?? slot.tMs) <= slot.tMs - overMs; oldest++) add(oldest, -1);
    const perS = (events: number): number => (events * 1000) / overMs;
    return {
      tMs: slot.tMs + slotMs,
      connectAttemptsPerS: perS(sum.connects),
      configRequestsPerS: perS(sum.requests),
      readyPerS: perS(sum.ready),
    };
  });
}
