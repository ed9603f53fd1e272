import { highestOfBucketUs } from "../run/histogram.ts";
import { NARROWEST_SLOT_MS, type SparseCounts } from "../run/latency-slots.ts";
import type { MergedRun } from "../run/merge.ts";
import { rankOf } from "./ranks.ts";
import { type LatencyName, SERVICE_TIME_METRICS } from "./summary-schema.ts";

/** Percentiles of one metric in columns of time, of the whole fleet. */
export interface MetricOverTime {
  metric: LatencyName;
  /** How wide a column is. */
  columnMs: number;
  /** Columns in which something was recorded, ascending. */
  columns: LatencyColumn[];
}

export interface LatencyColumn {
  /** Its first millisecond, from time zero. */
  fromMs: number;
  count: number;
  /** One for each of `QUANTILES_OVER_TIME`; null where so few values do not tell it. */
  valuesMs: (number | null)[];
}

/** No column is narrower. */
export const NARROWEST_COLUMN_MS = NARROWEST_SLOT_MS;

export const QUANTILES_OVER_TIME = [0.5, 0.9, 0.99, 0.999, 1] as const;

/** Metrics without a value are left out. */
export function percentilesOverTime({ latencies, timeZeroMs }: MergedRun): MetricOverTime[] {
  const { widthMs, byMetric } = latencies;
  return (Object.keys(SERVICE_TIME_METRICS) as LatencyName[]).flatMap((metric) => {
    const slots = byMetric.get(SERVICE_TIME_METRICS[metric]);
    if (slots === undefined || slots.size === 0) return [];
    const columns = [...slots]
      .sort(([a], [b]) => a - b)
      .map(([number, counts]) => columnOf(number * widthMs - timeZeroMs, counts));
    return [{ metric, columnMs: widthMs, columns }];
  });
}

function columnOf(fromMs: number, counts: SparseCounts): LatencyColumn {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const count = buckets.reduce((sum, [, n]) => sum + n, 0);
  const valuesMs = QUANTILES_OVER_TIME.map((quantile) => {
    // As in the tables of percentiles: of fewer values it would be the highest once more.
    const isTold = quantile <= 0.9 || quantile === 1 || (1 - quantile) * count >= 1 - 1e-6;
    return isTold ? valueAt(buckets, rankOf(quantile * 100, count)) : null;
  });
  return { fromMs, count, valuesMs };
}

function valueAt(buckets: readonly (readonly [number, number])[], rank: number): number | null {
  let seen = 0;
  for (const [index, count] of buckets) {
    seen += count;
    if (seen >= rank) return highestOfBucketUs(index) / 1000;
  }
  return null;
}
