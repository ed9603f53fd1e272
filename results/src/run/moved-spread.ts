import { HISTOGRAM, parseHistogramTag, parseStormMetricName } from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { bucketsOf } from "./histogram.ts";

/**
 * How long after a storm's instant a worker's devices were cut counts from the instant on its own clock: in a sum of all workers it counts
 * from the first one's.
 *
 * @param cutDelaysMs by the storm's index, how much later than the first worker this one came to it
 * @returns milliseconds by which values under a tag are to be moved
 */
export function movedByMs(tag: string, cutDelaysMs: ReadonlyMap<number, number>): number {
  if (cutDelaysMs.size === 0) return 0;
  const storm = parseStormMetricName(parseHistogramTag(tag)?.metric ?? "");
  return storm?.metric === "drop_spread" ? (cutDelaysMs.get(storm.index) ?? 0) : 0;
}

export function addMoved(sum: hdr.Histogram, values: hdr.Histogram, byMs: number): void {
  for (const { highUs, count } of bucketsOf(values)) {
    const movedUs = highUs + Math.round(byMs * 1000);
    sum.recordValueWithCount(Math.min(HISTOGRAM.highestTrackableValueUs, movedUs), count);
  }
}
