import {
  histogramTag,
  MESSAGE_METRICS,
  parseHistogramTag,
  parseStormMetricName,
  STORM_METRICS,
  type StormMetric,
  stormEvent,
  stormMetricName,
} from "artillery-engine-mqtt/contract";
import { emptyHistogram } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { type CohortHistogram, messageHistograms, stormHistograms, withFleet } from "./cohort-histograms.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";

const PERCENTILES = [50, 90, 99, 99.9, 100];

/** One percentile of one metric. */
export interface PercentileRow {
  metric: string;
  /** Null is the whole fleet, which has rows of its own where there are several cohorts. */
  cohort: string | null;
  storm: number | null;
  percentile: number;
  /** Is null where not enough of the devices recovered. */
  valueMs: number | null;
  /** How many values were recorded. */
  count: number;
  /** What happened in the storm; null where the row is of no storm. */
  event: string | null;
}

/** All percentiles of a run. Reconnect and ready times are over all affected devices that are due to come back. */
export function percentileTable(run: MergedRun): PercentileRow[] {
  return [...latencyRows(run), ...stormRows(run)];
}

function* latencyRows({ histograms }: MergedRun): Generator<PercentileRow> {
  const tags = [...histograms.keys()].sort().flatMap((tag) => parseHistogramTag(tag) ?? []);
  const metrics = Map.groupBy(
    tags.filter(({ metric }) => parseStormMetricName(metric) === null),
    ({ metric }) => metric,
  );
  for (const [metric, same] of metrics) {
    const cohorts = same.map(({ cohort }): CohortHistogram => {
      const histogram = histograms.get(histogramTag(metric, cohort)) ?? emptyHistogram();
      return { cohort, histogram, due: null };
    });
    yield* rowsOf(metric, null, withFleet(cohorts));
  }
}

function* stormRows(run: MergedRun): Generator<PercentileRow> {
  for (const storm of run.storms) {
    for (const metric of STORM_METRICS) {
      if (metric === "detection_time" && storm.cause !== "silent") continue;
      if (isOfMessages(metric)) {
        if (storm.messages !== null)
          yield* rowsOf(stormMetricName(storm.index, metric), storm, messageHistograms(run, storm, metric));
        continue;
      }
      const histograms = stormHistograms(run, storm, metric);
      if (isOfLaterEngines(metric) && isUnmeasured(histograms, stormHistograms(run, storm, "ready_time")))
        continue;
      yield* rowsOf(stormMetricName(storm.index, metric), storm, histograms);
    }
  }
}

function isOfMessages(metric: StormMetric): boolean {
  return (MESSAGE_METRICS as readonly StormMetric[]).includes(metric);
}

function isOfLaterEngines(metric: StormMetric): boolean {
  return metric === "ready_from_storm" || metric === "reconnect_from_storm";
}

/** Devices came back, and nobody wrote this down. */
function isUnmeasured(times: readonly CohortHistogram[], ready: readonly CohortHistogram[]): boolean {
  const isEmpty = ({ histogram }: CohortHistogram): boolean => histogram.totalCount === 0;
  return times.every(isEmpty) && !ready.every(isEmpty);
}

function* rowsOf(
  metric: string,
  storm: MergedRun["storms"][number] | null,
  cohorts: readonly CohortHistogram[],
): Generator<PercentileRow> {
  const event = storm === null ? null : stormEvent(storm);
  for (const { cohort, histogram, due } of cohorts) {
    const count = histogram.totalCount;
    for (const percentile of PERCENTILES) {
      const valueMs = valueAtRankMs(histogram, rankOf(percentile, due ?? count));
      yield { metric, cohort, storm: storm?.index ?? null, percentile, valueMs, count, event };
    }
  }
}
