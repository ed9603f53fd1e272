import * as hdr from "hdr-histogram-js";
import { HISTOGRAM } from "../contract.ts";

/** Values above the range are recorded as its end: two hours, which no report can mistake for a success. */
const HIGHEST_US = HISTOGRAM.highestTrackableValueUs;

/** A histogram that comes and goes with what it measures: JavaScript's, which the garbage collector frees. */
export function newHistogram(tag: string): hdr.Histogram {
  return build(tag, false);
}

function build(tag: string, useWebAssembly: boolean): hdr.Histogram {
  const histogram = hdr.build({
    bitBucketSize: 32,
    lowestDiscernibleValue: HISTOGRAM.lowestDiscernibleValueUs,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: HISTOGRAM.significantDigits,
    useWebAssembly,
  });
  histogram.tag = tag;
  return histogram;
}

/** Milliseconds as the whole microseconds that the histograms hold. */
export function toMicroseconds(ms: number): number {
  const us = Math.round(ms * 1000);
  return us < 1 ? 1 : us > HIGHEST_US ? HIGHEST_US : us;
}

/**
 * The interval histograms of a worker, by tag. `takeInterval` gives what was recorded since the last time and starts
 * again, so that the `.hlog` holds each value once. They live as long as the thread, so they may be WebAssembly's, which
 * nobody frees: two to four times as fast to record to, and byte for byte the same when encoded (benchmarks/README.md).
 */
export class Histograms {
  readonly #byTag = new Map<string, hdr.Histogram>();

  constructor() {
    // It is loaded once per thread, and without a promise, for a virtual user is waiting.
    hdr.initWebAssemblySync();
  }

  /** Looked up once by whoever records to it. */
  get(tag: string): hdr.Histogram {
    let histogram = this.#byTag.get(tag);
    if (histogram === undefined) {
      histogram = build(tag, true);
      this.#byTag.set(tag, histogram);
    }
    return histogram;
  }

  /**
   * The value at a rank, from 1, among those of several tags together, milliseconds; null where there are not so many.
   *
   * @param tags of histograms that nothing was taken from
   */
  valueAtRankMs(tags: readonly string[], rank: number): number | null {
    const sum = build("sum", true);
    for (const tag of tags) sum.add(this.get(tag));
    const total = sum.totalCount;
    // The library asks for a share: half a rank keeps it from the next one.
    const us = rank > total ? null : sum.getValueAtPercentile((100 * (rank - 0.5)) / total);
    sum.destroy();
    return us === null ? null : us / 1000;
  }

  /** Writes every histogram that holds a value, then empties it. */
  takeInterval(write: (histogram: hdr.Histogram) => void): void {
    for (const histogram of this.#byTag.values()) {
      if (histogram.totalCount === 0) continue;
      write(histogram);
      const { tag } = histogram;
      histogram.reset();
      histogram.tag = tag;
    }
  }
}
