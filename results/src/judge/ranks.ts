import type { Histogram } from "hdr-histogram-js";
import { bucketsOf } from "../run/histogram.ts";

/** Rank of a percentile among `total` values, from 1. */
export function rankOf(percentile: number, total: number): number {
  // 99.9 / 100 * 1000 is 999.0000000000001 in floating point, whose ceiling is one too many.
  return Math.max(1, Math.ceil((percentile * total) / 100 - 1e-6));
}

/** The value at a rank, as the upper end of its bucket; null where fewer values were recorded. */
export function valueAtRankMs(histogram: Histogram | undefined, rank: number): number | null {
  if (histogram === undefined || rank > histogram.totalCount) return null;
  let seen = 0;
  for (const bucket of bucketsOf(histogram)) {
    seen += bucket.count;
    if (seen >= rank) return bucket.highUs / 1000;
  }
  return null;
}
