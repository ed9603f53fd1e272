import { LATENCY_METRICS, parseHistogramTag, type WorkerRecord } from "artillery-engine-mqtt/contract";
import type { LatencySlots } from "./latency-slots.ts";
import type { IntervalListener } from "./read-histograms.ts";

/** What is kept by when it was recorded, and not only as a sum over the run. */
export const METRICS_OVER_TIME: readonly string[] = [
  LATENCY_METRICS.connect,
  LATENCY_METRICS.subscribe,
  LATENCY_METRICS.config,
];

/** Of a longer one it is not known when its values were recorded. */
const LONGEST_INTERVAL_MS = 10_000;
/** A worker writes nothing before it has begun, nor after its last record, but for what a clock is set by meanwhile. */
const TOLERANCE_MS = 60_000;

/** Puts each interval of a worker where its middle lies. */
export function placeIntervals(
  slots: LatencySlots,
  { startedAtMs, updatedAtMs, forecast }: WorkerRecord,
  movedMs: number,
): IntervalListener {
  // A forecast has one interval for its whole run.
  if (forecast !== undefined && forecast !== null) return () => {};
  return (tag, startS, lengthS, { indices, counts }) => {
    const metric = parseHistogramTag(tag)?.metric ?? "";
    if (indices.length === 0 || !METRICS_OVER_TIME.includes(metric)) return;
    const atMs = (startS + lengthS / 2) * 1000;
    const isPlausible =
      lengthS >= 0 &&
      lengthS * 1000 <= LONGEST_INTERVAL_MS &&
      atMs >= startedAtMs - TOLERANCE_MS &&
      atMs <= updatedAtMs + TOLERANCE_MS;
    if (isPlausible) slots.add(metric, atMs + movedMs, indices, counts);
  };
}
