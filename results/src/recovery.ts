import type { Histogram } from "hdr-histogram-js";
import { bucketsOf, rankOf, valueAtRankMs } from "./histogram.ts";

/** Percentiles over all affected devices, in milliseconds; null: not reached, for not enough devices recovered. */
export interface RecoveryPercentiles {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

/** A point of the recovery curve: `share` of the affected devices were ready `tMs` after they were cut. */
export interface RecoveryPoint {
  tMs: number;
  share: number;
}

/** A device that has not recovered counts as infinitely slow, so it stands behind every rank of the histogram. */
export function recoveryPercentileMs(
  histogram: Histogram | undefined,
  affected: number,
  percentile: number,
): number | null {
  return affected > 0 ? valueAtRankMs(histogram, rankOf(percentile, affected)) : null;
}

export function recoveryPercentiles(histogram: Histogram | undefined, affected: number): RecoveryPercentiles {
  const at = (percentile: number): number | null => recoveryPercentileMs(histogram, affected, percentile);
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}

/** Ends below 1 where not every affected device recovered. */
export function recoveryCurve(histogram: Histogram | undefined, affected: number): RecoveryPoint[] {
  if (histogram === undefined || affected <= 0) return [];
  const points: RecoveryPoint[] = [];
  let ready = 0;
  for (const bucket of bucketsOf(histogram)) {
    ready += bucket.count;
    points.push({ tMs: bucket.highUs / 1000, share: ready / affected });
  }
  return points;
}
