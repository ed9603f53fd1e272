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

let ruler: hdr.JsHistogram | undefined;

/** The highest value of the bucket with this index, microseconds: all histograms have the same buckets. */
export function highestOfBucketUs(index: number): number {
  ruler ??= emptyHistogram() as hdr.JsHistogram;
  return ruler.highestEquivalentValue(ruler.valueFromIndex(index));
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
