import { HISTOGRAM } from "artillery-engine-mqtt/contract";
import * as hdr from "hdr-histogram-js";

/** One recorded bucket: `count` values that are all within `lowUs`..`highUs`. */
export interface Bucket {
  lowUs: number;
  highUs: number;
  count: number;
}

export function emptyHistogram(): hdr.Histogram {
  return hdr.build({
    lowestDiscernibleValue: HISTOGRAM.lowestDiscernibleValueUs,
    highestTrackableValue: HISTOGRAM.highestTrackableValueUs,
    numberOfSignificantValueDigits: HISTOGRAM.significantDigits,
    autoResize: true,
  });
}

/** Bucket counts are added; nothing is averaged. */
export function addHistograms(histograms: Iterable<hdr.Histogram>): hdr.Histogram {
  const sum = emptyHistogram();
  for (const histogram of histograms) sum.add(histogram);
  return sum;
}

export function* bucketsOf(histogram: hdr.Histogram): Generator<Bucket> {
  if (!(histogram instanceof hdr.JsHistogram)) throw new TypeError("not a JsHistogram");
  let seen = 0;
  for (let i = 0; i < histogram.countsArrayLength && seen < histogram.totalCount; i++) {
    const count = histogram.getCountAtIndex(i);
    if (count === 0) continue;
    seen += count;
    const lowUs = histogram.valueFromIndex(i);
    yield { lowUs, highUs: histogram.highestEquivalentValue(lowUs), count };
  }
}

/** Rank of a percentile among `total` values, from 1. */
export function rankOf(percentile: number, total: number): number {
  // 99.9 / 100 * 1000 is 999.0000000000001 in floating point, whose ceiling is one too many.
  return Math.max(1, Math.ceil((percentile * total) / 100 - 1e-6));
}

/** The value at a rank, as the upper end of its bucket; null where fewer values were recorded. */
export function valueAtRankMs(histogram: hdr.Histogram | undefined, rank: number): number | null {
  if (histogram === undefined || rank > histogram.totalCount) return null;
  let seen = 0;
  for (const bucket of bucketsOf(histogram)) {
    seen += bucket.count;
    if (seen >= rank) return bucket.highUs / 1000;
  }
  return null;
}

/** Values from `fromMs` to `toMs`, to the precision of the histogram. */
export function countBetween(histogram: hdr.Histogram | undefined, fromMs: number, toMs: number): number {
  if (histogram === undefined) return 0;
  let count = 0;
  for (const bucket of bucketsOf(histogram)) {
    if (bucket.highUs >= fromMs * 1000 && bucket.lowUs <= toMs * 1000) count += bucket.count;
  }
  return count;
}
