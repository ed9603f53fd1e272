/** Whether two runs differ at a percentile by more than chance alone makes them. Pure. */
import type { Histogram } from "hdr-histogram-js";
import { bucketsOf } from "../run/histogram.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";

/** What was recorded of a metric in one run, and how many it should have been: the others are later than all that came. */
export interface Times {
  histogram: Histogram;
  /** At least as many as were recorded. */
  total: number;
}

/**
 * `slower`, `faster`: B than A, beyond chance. `chance`: they differ by no more than chance makes them. `none`: neither run got there, or
 * too few times to tell.
 */
export type Difference = "slower" | "faster" | "chance" | "none";

/** A percentile in both runs; null: not reached. */
export interface ComparedTime {
  percentile: number;
  a: number | null;
  b: number | null;
  difference: Difference;
}

/** Of the normal distribution: 95 of 100 are within so many standard deviations. */
const DEVIATIONS = 1.96;
/** Fewer than so many times beyond the percentile, of both runs together, are no distribution. */
const FEWEST_BEYOND = 5;

/**
 * By how many come later than the faster run's percentile: were the two runs alike, it would be the same share of both, but for chance
 * (two-proportion z-test with continuity correction, https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm). That is the
 * chance of which devices happen to be slow within a run; what else differs from one run to the next is not in it.
 */
export function compareTimes(a: Times, b: Times, percentile: number): ComparedTime {
  const [was, is] = [percentileMs(a, percentile), percentileMs(b, percentile)];
  const compared = { percentile, a: was, b: is };
  if (was === is) return { ...compared, difference: was === null ? "none" : "chance" };
  const atMs = Math.min(was ?? Number.POSITIVE_INFINITY, is ?? Number.POSITIVE_INFINITY);
  const [lateA, lateB] = [laterThan(a, atMs), laterThan(b, atMs)];
  const expected = (1 - percentile / 100) * (a.total + b.total);
  if (lateA + lateB < FEWEST_BEYOND || expected < 1) return { ...compared, difference: "none" };
  if (!areApart(lateA, a.total, lateB, b.total)) return { ...compared, difference: "chance" };
  return { ...compared, difference: lateB / b.total > lateA / a.total ? "slower" : "faster" };
}

function percentileMs({ histogram, total }: Times, percentile: number): number | null {
  return total === 0 ? null : valueAtRankMs(histogram, rankOf(percentile, total));
}

function laterThan({ histogram, total }: Times, atMs: number): number {
  let by = 0;
  for (const bucket of bucketsOf(histogram)) {
    if (bucket.highUs / 1000 > atMs) break;
    by += bucket.count;
  }
  return total - by;
}

function areApart(lateA: number, ofA: number, lateB: number, ofB: number): boolean {
  const pooled = (lateA + lateB) / (ofA + ofB);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / ofA + 1 / ofB));
  const correction = (1 / ofA + 1 / ofB) / 2;
  return Math.abs(lateA / ofA - lateB / ofB) - correction > DEVIATIONS * deviation;
}
