import { histogramTag } from "artillery-engine-mqtt/contract";
import { highest } from "../run/highest-lowest.ts";
import type { MergedRun, MergedStorm } from "../run/merge.ts";
import { type CohortHistogram, stormHistograms, withFleet } from "./cohort-histograms.ts";
import { type PercentilePoint, percentileCurve, percentileRows } from "./percentile-curve.ts";
import { type LatencyName, SERVICE_TIME_METRICS } from "./summary-schema.ts";

/** The percentiles of one metric, its cohorts side by side. */
export interface MetricPercentiles {
  metric: "ready" | LatencyName;
  /** Is null where the metric is of the whole run. */
  storm: number | null;
  cohorts: PercentileCohort[];
  highestMs: number;
  curve: ValuesOverQuantiles;
  /** The quantiles that people ask for. */
  table: ValuesOverQuantiles;
}

export interface PercentileCohort {
  /** Null is the whole fleet, which stands first where there are several cohorts. */
  cohort: string | null;
  /** Devices that the quantiles are over; null where they are over the recorded values. */
  due: number | null;
  /** Every device came back, so that there is a time for 100 %. */
  isComplete: boolean;
}

/** The value of each cohort at each of these quantiles; null where not enough of its devices recovered. */
export interface ValuesOverQuantiles {
  quantiles: number[];
  /** Cohorts stand in their order, and each has a value for each of the quantiles. */
  valuesMs: (number | null)[][];
}

/** Service times that get curves; all others only stand in a table. */
const SERVICE_TIMES_WITH_CURVES: readonly LatencyName[] = ["connect", "subscribe", "configRequest"];

/** Ready times of each storm, then service times of the run; what was not recorded is left out. */
export function metricPercentiles(run: MergedRun): MetricPercentiles[] {
  return [
    ...run.storms.flatMap((storm) => readyPercentiles(run, storm) ?? []),
    ...SERVICE_TIMES_WITH_CURVES.flatMap((metric) => servicePercentiles(run, metric) ?? []),
  ];
}

function readyPercentiles(run: MergedRun, storm: MergedStorm): MetricPercentiles | null {
  return sideBySide("ready", storm.index, stormHistograms(run, storm, "ready_time"));
}

function servicePercentiles(run: MergedRun, metric: LatencyName): MetricPercentiles | null {
  const cohorts = [...run.cohorts.keys()].flatMap((cohort): CohortHistogram[] => {
    const histogram = run.histograms.get(histogramTag(SERVICE_TIME_METRICS[metric], cohort));
    return histogram === undefined || histogram.totalCount === 0 ? [] : [{ cohort, histogram, due: null }];
  });
  return sideBySide(metric, null, withFleet(cohorts));
}

/** Returns null where there is no more than one point of any of them. */
function sideBySide(
  metric: MetricPercentiles["metric"],
  storm: number | null,
  histograms: readonly CohortHistogram[],
): MetricPercentiles | null {
  const cohorts = histograms.map(({ cohort, due, histogram }) => {
    const total = due ?? histogram.totalCount;
    return {
      cohort,
      due,
      curve: percentileCurve(histogram, total),
      rows: percentileRows(histogram, total),
    };
  });
  // All curves climb the same ladder of quantiles, so the longest has those of every one.
  const longest = cohorts.reduce<readonly PercentilePoint[]>(
    (most, { curve }) => (curve.length > most.length ? curve : most),
    [],
  );
  if (longest.length < 2) return null;
  return {
    metric,
    storm,
    cohorts: cohorts.map(({ cohort, due, rows }) => ({
      cohort,
      due,
      isComplete: rows.at(-1)?.quantile === 1,
    })),
    highestMs: highest(cohorts.flatMap(({ curve }) => curve.at(-1)?.valueMs ?? [])) ?? 0,
    curve: {
      quantiles: longest.map(({ quantile }) => quantile),
      valuesMs: cohorts.map(({ curve }) => longest.map((_, i) => curve[i]?.valueMs ?? null)),
    },
    table: valuesAt(
      cohorts.flatMap(({ rows }) => rows.map(({ quantile }) => quantile)),
      cohorts.map(({ rows }) => rows),
    ),
  };
}

function valuesAt(
  all: readonly number[],
  cohorts: readonly (readonly PercentilePoint[])[],
): ValuesOverQuantiles {
  const quantiles = [...new Set(all)].sort((a, b) => a - b);
  return {
    quantiles,
    valuesMs: cohorts.map((points) => {
      const byQuantile = new Map(points.map(({ quantile, valueMs }) => [quantile, valueMs]));
      return quantiles.map((quantile) => byQuantile.get(quantile) ?? null);
    }),
  };
}
