import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { type CohortLoad, loadOf } from "./load.ts";
import { type PercentilePoint, percentileCurve, percentileRows } from "./percentile-curve.ts";
import { devicesDue, type RecoveryPoint, recoveryCurve } from "./recovery.ts";
import { serviceTime } from "./service-time.ts";
import {
  type LatencyName,
  type LatencySummary,
  SERVICE_TIME_METRICS,
  type Summary,
} from "./summary-schema.ts";

/** All that `report.html` shows. A cohort of null is the whole fleet, given where there are several cohorts. */
export interface ReportData {
  summary: Summary;
  load: CohortLoad[];
  recovery: Recovery[];
  percentiles: Percentiles[];
  /** Service times of each cohort; those of the whole fleet are the summary's. */
  serviceTimes: { metric: LatencyName; cohort: string; latency: LatencySummary }[];
  /** The script that was run, secrets masked; null where it is not known. */
  script: string | null;
}

export interface Recovery {
  storm: number;
  cohort: string | null;
  due: number;
  points: RecoveryPoint[];
  /** The same, thinned to what a table can hold. */
  rows: RecoveryPoint[];
}

export interface Percentiles {
  metric: "ready" | LatencyName;
  cohort: string | null;
  storm: number | null;
  /** Devices that the quantiles are over; null: over the recorded values. */
  due: number | null;
  points: PercentilePoint[];
  rows: PercentilePoint[];
}

/** Service times that get a percentile plot; all others stand in the table. */
const PLOTTED: readonly LatencyName[] = ["connect", "subscribe", "configRequest"];

const LONGEST_SERIES = 1000;
const LONGEST_TABLE = 40;

export function reportData(run: MergedRun, summary: Summary, script: string | null): ReportData {
  return {
    summary,
    load: loadOf(run),
    recovery: run.storms.flatMap((storm) => recoveryOf(run, storm)),
    percentiles: [
      ...run.storms.flatMap((storm) => readyPercentiles(run, storm)),
      ...PLOTTED.flatMap((metric) => servicePercentiles(run, metric)),
    ],
    serviceTimes: (Object.keys(SERVICE_TIME_METRICS) as LatencyName[]).flatMap((metric) =>
      [...run.cohorts.keys()].flatMap((cohort) => serviceTimes(run, metric, cohort)),
    ),
    script,
  };
}

type Storm = MergedRun["storms"][number];
interface Part {
  cohort: string | null;
  histogram: Histogram;
  due: number;
}

/** Ready times of the whole fleet, if there are several cohorts that were cut, and of each of them. */
function readyParts(run: MergedRun, storm: Storm): Part[] {
  const parts = [...storm.cohorts]
    .filter(([, counts]) => counts.affected > 0)
    .map(([cohort, counts]): Part => {
      const ready = run.histograms.get(histogramTag(stormMetricName(storm.index, "ready_time"), cohort));
      return {
        cohort,
        due: devicesDue(counts),
        histogram: addHistograms(ready === undefined ? [] : [ready]),
      };
    });
  return withFleet(parts);
}

function withFleet(parts: Part[]): Part[] {
  if (parts.length < 2) return parts;
  const due = parts.reduce((sum, part) => sum + part.due, 0);
  return [{ cohort: null, due, histogram: addHistograms(parts.map((part) => part.histogram)) }, ...parts];
}

function recoveryOf(run: MergedRun, storm: Storm): Recovery[] {
  return readyParts(run, storm).map(({ cohort, due, histogram }) => {
    // Only devices inside the window are recorded, but the upper end of the last bucket can lie past it.
    const curve = recoveryCurve(histogram, due).map(({ tMs, share }) => ({
      tMs: Math.min(tMs, storm.windowMs),
      share,
    }));
    return {
      storm: storm.index,
      cohort,
      due,
      points: lastOfEach(curve, (curve.at(-1)?.tMs ?? 1) / LONGEST_SERIES),
      rows: lastOfEach(curve, (curve.at(-1)?.tMs ?? 1) / LONGEST_TABLE),
    };
  });
}

/** The curve only rises, so the last point of a stretch of time says what is known at its end. */
function lastOfEach(curve: readonly RecoveryPoint[], stretchMs: number): RecoveryPoint[] {
  const stretches = new Map(curve.map((point) => [Math.floor(point.tMs / stretchMs), point]));
  return [...stretches.values()];
}

function readyPercentiles(run: MergedRun, storm: Storm): Percentiles[] {
  return readyParts(run, storm).map(({ cohort, due, histogram }) => ({
    metric: "ready",
    cohort,
    storm: storm.index,
    due,
    points: percentileCurve(histogram, due),
    rows: percentileRows(histogram, due),
  }));
}

function servicePercentiles(run: MergedRun, metric: LatencyName): Percentiles[] {
  const parts = [...run.cohorts.keys()].flatMap((cohort): Part[] => {
    const histogram = run.histograms.get(histogramTag(SERVICE_TIME_METRICS[metric], cohort));
    return histogram === undefined || histogram.totalCount === 0 ? [] : [{ cohort, histogram, due: 0 }];
  });
  return withFleet(parts).map(({ cohort, histogram }) => ({
    metric,
    cohort,
    storm: null,
    due: null,
    points: percentileCurve(histogram, histogram.totalCount),
    rows: percentileRows(histogram, histogram.totalCount),
  }));
}

function serviceTimes(run: MergedRun, metric: LatencyName, cohort: string): ReportData["serviceTimes"] {
  const histogram = run.histograms.get(histogramTag(SERVICE_TIME_METRICS[metric], cohort));
  const latency = serviceTime(histogram, run.generators);
  return latency.count === 0 ? [] : [{ metric, cohort, latency }];
}
