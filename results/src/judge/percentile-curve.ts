import type { Histogram } from "hdr-histogram-js";
import { bucketsOf } from "../run/histogram.ts";
import { rankOf } from "./ranks.ts";

/** The value at a quantile 0..1; over affected devices the curve ends where not enough of them recovered. */
export interface PercentilePoint {
  quantile: number;
  valueMs: number;
}

/** HdrHistogram's percentile output has so many steps each time that the distance to 100 % halves, too. */
const STEPS_PER_HALF_DISTANCE = 10;
const TABLE_QUANTILES = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999, 1];

/** Suits the logarithmic axis x = 1 / (1 - quantile); past x = `total` every quantile is the maximum. */
export function percentileCurve(histogram: Histogram | undefined, total: number): PercentilePoint[] {
  const steps = Math.ceil(Math.log2(Math.max(2, total)) + 1) * STEPS_PER_HALF_DISTANCE;
  const quantiles = Array.from({ length: steps + 1 }, (_, i) => 1 - 2 ** (-i / STEPS_PER_HALF_DISTANCE));
  return pointsAt(histogram, total, quantiles);
}

/** The quantiles that people ask for, as far as `total` values can tell them apart. */
export function percentileRows(histogram: Histogram | undefined, total: number): PercentilePoint[] {
  const told = TABLE_QUANTILES.filter((q) => q === 1 || q <= 0.9 || (1 - q) * total >= 1 - 1e-6);
  return pointsAt(histogram, total, told);
}

/** One pass over the buckets for all (ascending) quantiles; those that were not reached are left out. */
function pointsAt(
  histogram: Histogram | undefined,
  total: number,
  quantiles: readonly number[],
): PercentilePoint[] {
  if (histogram === undefined || total <= 0) return [];
  const points: PercentilePoint[] = [];
  let seen = 0;
  for (const { highUs, count } of bucketsOf(histogram)) {
    seen += count;
    while (points.length < quantiles.length) {
      const quantile = quantiles[points.length] as number;
      if (rankOf(quantile * 100, total) > seen) break;
      points.push({ quantile, valueMs: highUs / 1000 });
    }
  }
  return points;
}
