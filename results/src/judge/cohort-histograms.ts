import { histogramTag, type StormMetric, stormMetricName } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { addHistograms, emptyHistogram } from "../run/histogram.ts";
import type { MergedRun, MergedStorm } from "../run/merge.ts";
import { devicesDue } from "./recovery.ts";

/** What was recorded of one metric in one cohort; null is the whole fleet. */
export interface CohortHistogram {
  cohort: string | null;
  histogram: Histogram;
  /** Devices that its percentiles are over; null where they are over the recorded values. */
  due: number | null;
}

/** Before the cohorts, where there are several, stands the whole fleet. */
export function withFleet(cohorts: readonly CohortHistogram[]): CohortHistogram[] {
  if (cohorts.length < 2) return [...cohorts];
  const due = cohorts.map((one) => one.due).filter((one) => one !== null);
  const fleet: CohortHistogram = {
    cohort: null,
    histogram: addHistograms(cohorts.map(({ histogram }) => histogram)),
    due: due.length === cohorts.length ? due.reduce((sum, one) => sum + one, 0) : null,
  };
  return [fleet, ...cohorts];
}

/** One metric of a storm, of the fleet and of each cohort that it cut. */
export function stormHistograms(
  { histograms }: Pick<MergedRun, "histograms">,
  storm: MergedStorm,
  metric: StormMetric,
): CohortHistogram[] {
  const name = stormMetricName(storm.index, metric);
  const affected = [...storm.cohorts].filter(([, counts]) => counts.affected > 0);
  return withFleet(
    affected.map(([cohort, counts]) => ({
      cohort,
      histogram: histograms.get(histogramTag(name, cohort)) ?? emptyHistogram(),
      due: metric === "drop_spread" ? null : devicesDue(counts),
    })),
  );
}

/** A metric of tracked messages, of the fleet and of each cohort that has values: not only devices that the storm cut are concerned. */
export function messageHistograms(
  { histograms }: Pick<MergedRun, "histograms">,
  storm: MergedStorm,
  metric: StormMetric,
): CohortHistogram[] {
  const name = stormMetricName(storm.index, metric);
  return withFleet(
    [...storm.cohorts.keys()].flatMap((cohort): CohortHistogram[] => {
      const histogram = histograms.get(histogramTag(name, cohort));
      return histogram === undefined ? [] : [{ cohort, histogram, due: null }];
    }),
  );
}
