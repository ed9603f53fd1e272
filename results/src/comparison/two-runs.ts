/** All that the page of two runs shows. Computed here, rendered in diff-page.ts. */
import { histogramTag } from "artillery-engine-mqtt/contract";
import { type ComparedTime, compareTimes, type Times } from "../judge/chance.ts";
import { stormHistograms } from "../judge/cohort-histograms.ts";
import type { CohortLoad } from "../judge/load.ts";
import { loadOf } from "../judge/load.ts";
import {
  recoveriesTogether,
  recoveryOf,
  type StormRecovery,
  stormRecovery,
} from "../judge/recovery-by-cohort.ts";
import {
  type LatencyName,
  SERVICE_TIME_METRICS,
  type StormFields,
  type Summary,
} from "../judge/summary-schema.ts";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { diffSummaries, type RunDiff, type StormDiff } from "./diff.ts";
import { stormPairs } from "./pairs.ts";
import { type ScriptChange, scriptChanges } from "./script-changes.ts";

export interface MeasuredRun {
  run: MergedRun;
  summary: Summary;
  /** `script.json`: secrets masked; null where it is not known. */
  script: string | null;
}

/** The same storm, and the same part of the fleet, in both runs. */
export interface OverlaidStorm {
  diff: StormDiff;
  /** Is null in a run that has no such storm or cohort. */
  a: StormFields | null;
  b: StormFields | null;
  /** Curves of A, then of B; null where one of them has none. */
  recovery: StormRecovery | null;
  ready: ComparedTime[];
}

export type LoadRate = keyof CohortLoad["peak"];

/** One rate of both fleets over the time since time zero. */
export interface OverlaidRate {
  rate: LoadRate;
  timesS: number[];
  /** Means over one second; null where a run did not last as long. */
  a: (number | null)[];
  b: (number | null)[];
  peak: { a: number; b: number };
}

export interface TwoRuns {
  diff: RunDiff;
  a: MeasuredRun;
  b: MeasuredRun;
  storms: OverlaidStorm[];
  load: OverlaidRate[];
  service: { metric: LatencyName; times: ComparedTime[] }[];
  /** Null where one of the scripts is not known. */
  changes: ScriptChange[] | null;
}

const PERCENTILES = [50, 90, 99, 99.9, 100];
const SERVICE_PERCENTILES = [50, 99];

export function twoRuns(a: MeasuredRun, b: MeasuredRun, failSlower: number | null): TwoRuns {
  const diff = diffSummaries(a.summary, b.summary, failSlower);
  const pairs = stormPairs(a.summary, b.summary);
  return {
    diff,
    a,
    b,
    storms: diff.storms.map((storm, i) => ({
      diff: storm,
      a: pairs[i]?.a ?? null,
      b: pairs[i]?.b ?? null,
      recovery: overlaidRecovery(a.run, b.run, storm),
      ready: readyTimes(a.run, b.run, storm),
    })),
    load: overlaidLoad(a.run, b.run),
    service: (Object.keys(SERVICE_TIME_METRICS) as LatencyName[]).flatMap((metric) => {
      const [was, is] = [serviceTimes(a.run, metric), serviceTimes(b.run, metric)];
      if (was.total === 0 || is.total === 0) return [];
      return [{ metric, times: SERVICE_PERCENTILES.map((percentile) => compareTimes(was, is, percentile)) }];
    }),
    changes: scriptChanges(a.script, b.script),
  };
}

function overlaidRecovery(a: MergedRun, b: MergedRun, { storm, cohort }: StormDiff): StormRecovery | null {
  const [inA, inB] = [a, b].map((run) => {
    const own = run.storms.find(({ index }) => index === storm);
    const recovery = own === undefined ? null : stormRecovery(run, own);
    return recovery === null ? null : recoveryOf(recovery, cohort);
  });
  return inA && inB ? recoveriesTogether(inA, inB, ["A", "B"]) : null;
}

function readyTimes(a: MergedRun, b: MergedRun, { storm, cohort }: StormDiff): ComparedTime[] {
  const [inA, inB] = [a, b].map((run): Times | null => {
    const own = run.storms.find(({ index }) => index === storm);
    const all = own === undefined ? [] : stormHistograms(run, own, "ready_time");
    const isFleet = cohort === null && all.length === 1;
    const found = isFleet ? all[0] : all.find((one) => one.cohort === cohort);
    return found === undefined ? null : { histogram: found.histogram, total: found.due ?? 0 };
  });
  if (!inA || !inB) return [];
  return PERCENTILES.map((percentile) => compareTimes(inA, inB, percentile));
}

function serviceTimes(run: MergedRun, metric: LatencyName): Times {
  const histogram = addHistograms(
    [...run.cohorts.keys()].flatMap(
      (cohort) => run.histograms.get(histogramTag(SERVICE_TIME_METRICS[metric], cohort)) ?? [],
    ),
  );
  return { histogram, total: histogram.totalCount };
}

function overlaidLoad(a: MergedRun, b: MergedRun): OverlaidRate[] {
  const [inA, inB] = [loadOf(a)[0], loadOf(b)[0]];
  if (inA === undefined || inB === undefined || inA.points.length === 0 || inB.points.length === 0) return [];
  const timesMs = [...new Set([...inA.points, ...inB.points].map(({ tMs }) => tMs))].sort((x, y) => x - y);
  const rates = Object.keys(inA.peak) as LoadRate[];
  return rates
    .filter((rate) => inA.peak[rate] > 0 || inB.peak[rate] > 0)
    .map((rate) => ({
      rate,
      timesS: timesMs.map((ms) => ms / 1000),
      a: heldAt(inA, rate, timesMs),
      b: heldAt(inB, rate, timesMs),
      peak: { a: inA.peak[rate], b: inB.peak[rate] },
    }));
}

/** The two runs' points need not be at the same times: what the last one said holds until the next, and nothing before the first and after the last. */
function heldAt({ points }: CohortLoad, rate: LoadRate, timesMs: readonly number[]): (number | null)[] {
  const last = points.at(-1)?.tMs ?? 0;
  let next = 0;
  let value: number | null = null;
  return timesMs.map((ms) => {
    for (let point = points[next]; point && point.tMs <= ms; point = points[++next]) value = point[rate];
    return ms > last ? null : value;
  });
}
