import {
  histogramTag,
  PERCENTILE_COLUMNS,
  parseHistogramTag,
  parseStormMetricName,
  STORM_METRICS,
  stormMetricName,
} from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import { rankOf, valueAtRankMs } from "../histogram.ts";
import type { MergedRun } from "../merge.ts";

const PERCENTILES = [50, 90, 99, 99.9, 100];

type PercentileRow = Record<(typeof PERCENTILE_COLUMNS)[number], string | number | null>;

/**
 * `percentiles.csv`. Reconnect and ready times are over all affected devices: where not enough of them recovered the
 * value is empty. `count` is the number of recorded values.
 */
export function percentilesCsv(run: MergedRun): string {
  const rows = [...latencyRows(run), ...stormRows(run)];
  return stringify(rows, { header: true, columns: [...PERCENTILE_COLUMNS], escape_formulas: true });
}

function* latencyRows(run: MergedRun): Generator<PercentileRow> {
  for (const tag of [...run.histograms.keys()].sort()) {
    const parsed = parseHistogramTag(tag);
    if (parsed === null || parseStormMetricName(parsed.metric)) continue;
    yield* percentileRows(run, parsed.metric, parsed.cohort, null, null);
  }
}

function* stormRows(run: MergedRun): Generator<PercentileRow> {
  for (const storm of run.storms) {
    for (const [cohort, counts] of storm.cohorts) {
      if (counts.affected === 0) continue;
      for (const metric of STORM_METRICS) {
        const over = metric === "drop_spread" ? null : counts.affected;
        yield* percentileRows(run, stormMetricName(storm.index, metric), cohort, storm.index, over);
      }
    }
  }
}

function* percentileRows(
  run: MergedRun,
  metric: string,
  cohort: string,
  storm: number | null,
  affected: number | null,
): Generator<PercentileRow> {
  const histogram = run.histograms.get(histogramTag(metric, cohort));
  const count = histogram?.totalCount ?? 0;
  for (const percentile of PERCENTILES) {
    const value_ms = valueAtRankMs(histogram, rankOf(percentile, affected ?? count));
    yield { metric, cohort, storm, percentile, value_ms, count };
  }
}
