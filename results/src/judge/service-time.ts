import type { GeneratorHealth } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { doubtfulPercentiles } from "./generator.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";
import type { LatencySummary } from "./summary-schema.ts";

/** Percentiles of a service time, over the operations that succeeded. */
export function serviceTime(
  histogram: Histogram | undefined,
  generators: readonly GeneratorHealth[],
): LatencySummary {
  const count = histogram?.totalCount ?? 0;
  const at = (percentile: number): number | null => valueAtRankMs(histogram, rankOf(percentile, count));
  const times = { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100) };
  return { count, ...times, doubtful: doubtfulPercentiles(times, generators) };
}
