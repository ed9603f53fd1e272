import { count, duration, percent, ratio } from "../judge/number-words.ts";
import type { Unit, Value } from "./comparison.ts";
import type { Spread } from "./spread.ts";

/** One value of a unit for people. */
export const SHOW: Record<Unit, (value: number | null) => string> = {
  ms: duration,
  perS: (value) => (value === null ? "-" : `${count(value)}/s`),
  perDevice: ratio,
  share: (value) => (value === null ? "-" : percent(value)),
  seconds: (value) => (value === null ? "-" : `${Number(value.toPrecision(3))} s`),
  bytes: (value) => (value === null ? "-" : `${count(value / 1_000_000)} MB`),
  count: (value) => (value === null ? "-" : count(value)),
};

/** `2.1 s (1.9 s..2.4 s)`; the spread only where there are several rounds that differ. */
export function spreadWords(unit: Unit, spread: Spread | null): string {
  if (spread === null) return "-";
  const show = SHOW[unit];
  const median = show(spread.median);
  const [min, max] = [show(spread.min), show(spread.max)];
  return spread.n < 2 || min === max ? median : `${median} (${min}..${max})`;
}

/** Ratio to the reference broker in the same round. */
export function ratioWords({ ratio: ratios }: Value): string {
  return ratios === null ? "-" : ratios.median === null ? "not reached" : `${ratios.median.toFixed(2)}x`;
}

/** `recovered 2, stalled 1` */
export function verdictWords(verdicts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(verdicts);
  if (entries.length === 1) return entries[0]?.[0] ?? "-";
  return entries.map(([verdict, n]) => `${verdict} ${n}`).join(", ") || "-";
}
