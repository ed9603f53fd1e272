import {
  histogramTag,
  PERCENTILE_COLUMNS,
  parseHistogramTag,
  parseStormMetricName,
  STORM_METRICS,
  stormMetricName,
} from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import type { Histogram } from "hdr-histogram-js";
import { devicesDue } from "../judge/recovery.ts";
import { groupBy } from "../run/get-or-add.ts";
import { addHistograms, rankOf, valueAtRankMs } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";

const PERCENTILES = [50, 90, 99, 99.9, 100];

type PercentileRow = Record<(typeof PERCENTILE_COLUMNS)[number], string | number | null>;

/** In the column `cohort`: all of them, where there are several. Scenario names are not empty. */
const WHOLE_FLEET = "";

/**
 * `percentiles.csv`. Reconnect and ready times are over all affected devices that are due to come back: where not enough of them recovered the
 * value is empty. `count` is the number of recorded values.
 */
export function percentilesCsv(run: MergedRun): string {
  const rows = [...latencyRows(run), ...stormRows(run)];
  return stringify(rows, { header: true, columns: [...PERCENTILE_COLUMNS], escape_formulas: true });
}

/** One cohort's histogram; `affected` is what its percentiles are over, null where that is the recorded values. */
interface Part {
  cohort: string;
  histogram: Histogram | undefined;
  affected: number | null;
}

function* latencyRows(run: MergedRun): Generator<PercentileRow> {
  const tags = [...run.histograms.keys()].sort().flatMap((tag) => parseHistogramTag(tag) ?? []);
  const metrics = groupBy(
    tags.filter(({ metric }) => parseStormMetricName(metric) === null),
    ({ metric }) => metric,
  );
  for (const [metric, same] of metrics) {
    const parts = same.map(({ cohort }): Part => {
      return { cohort, histogram: run.histograms.get(histogramTag(metric, cohort)), affected: null };
    });
    yield* percentileRows(metric, null, parts);
  }
}

function* stormRows(run: MergedRun): Generator<PercentileRow> {
  for (const { index, cause, cohorts } of run.storms) {
    const affected = [...cohorts].filter(([, counts]) => counts.affected > 0);
    for (const metric of STORM_METRICS) {
      if (metric === "detection_time" && cause !== "silent") continue;
      const name = stormMetricName(index, metric);
      const parts = affected.map(([cohort, counts]): Part => {
        const over = metric === "drop_spread" ? null : devicesDue(counts);
        return { cohort, histogram: run.histograms.get(histogramTag(name, cohort)), affected: over };
      });
      yield* percentileRows(name, index, parts);
    }
  }
}

function* percentileRows(
  metric: string,
  storm: number | null,
  parts: readonly Part[],
): Generator<PercentileRow> {
  for (const { cohort, histogram, affected } of withWholeFleet(parts)) {
    const count = histogram?.totalCount ?? 0;
    for (const percentile of PERCENTILES) {
      const value_ms = valueAtRankMs(histogram, rankOf(percentile, affected ?? count));
      yield { metric, cohort, storm, percentile, value_ms, count };
    }
  }
}

function withWholeFleet(parts: readonly Part[]): readonly Part[] {
  if (parts.length < 2) return parts;
  const histogram = addHistograms(parts.flatMap((part) => part.histogram ?? []));
  const ofDevices = parts.every((part) => part.affected !== null);
  const affected = ofDevices ? parts.reduce((sum, part) => sum + (part.affected ?? 0), 0) : null;
  return [{ cohort: WHOLE_FLEET, histogram, affected }, ...parts];
}
