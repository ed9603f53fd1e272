import { histogramTag, stormMetricName, type WorkerRecord } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { buildSummary } from "../../results/src/judge/summary.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import type { AddedUp } from "../../results/src/run/added-up.ts";
import { getOrAdd } from "../../results/src/run/get-or-add.ts";
import { addHistograms } from "../../results/src/run/histogram.ts";
import { mergeRun } from "../../results/src/run/merge.ts";
import { RunBudget } from "../../results/src/run/run-budget.ts";
import { readRun } from "../../results/src/run/run-files.ts";
import type { TimelineRow } from "../../results/src/run/timeline.ts";
import { TimelineSum } from "../../results/src/run/timeline-sum.ts";
import {
  counters,
  generator,
  record,
  SATURATED,
  type SyntheticWorker,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  writeRun,
} from "./run-files.ts";

/** `count` values in microseconds, evenly from `fromMs` to `toMs`. */
export function evenly(count: number, fromMs: number, toMs: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.round((fromMs + ((toMs - fromMs) * i) / Math.max(1, count - 1)) * 1000),
  );
}

const READY = stormMetricName(1, "ready_time");
const RECONNECT = stormMetricName(1, "reconnect_time");
const SPREAD = stormMetricName(1, "drop_spread");

/**
 * Two workers of 100 devices, which arrive one a row, the spiral ones asking for their configuration. One storm cuts all 60
 * `cached` and 40 `spiral` devices of each at 10 s. All cached ones are ready within 2 s, and 10 of the 40 spiral ones; the others
 * try once a second until the window ends at 30 s.
 */
export function spiralWorker(workerId: string): SyntheticWorker {
  const cached = stormCohort({ affected: 60, recovered: 60, connectAttempts: 60, connectsAccepted: 60 });
  const spiral = stormCohort({
    affected: 40,
    recovered: 10,
    connectAttempts: 610,
    connectsAccepted: 610,
    configRequests: 610,
    configResponses: 10,
    configTimeouts: 600,
    lateResponses: 300,
  });
  return {
    record: record({
      workerId,
      cohorts: { cached: { devices: 60, everOnline: 60 }, spiral: { devices: 40, everOnline: 40 } },
      storms: [
        storm({ cohorts: { cached, spiral }, generator: generator(workerId === "2" ? SATURATED : {}) }),
      ],
      counters: {
        cached: counters({ connectAttempts: 121, connectsAccepted: 120, connectsRefused: 1 }),
        spiral: counters({
          connectAttempts: 650,
          connectsAccepted: 650,
          configRequests: 650,
          configTimeouts: 600,
        }),
      },
      disconnects: { cached: { storm: 60 }, spiral: { storm: 40, bootstrap: 600 } },
      errors: { cached: { tcp_refused: 1 }, spiral: { bootstrap_timeout: 600 } },
    }),
    intervals: [
      { [histogramTag("mqtt.connect_time", "cached")]: evenly(60, 1, 2) },
      {
        [histogramTag("mqtt.connect_time", "cached")]: evenly(60, 1, 2),
        [histogramTag("mqtt.connect_time", "spiral")]: evenly(650, 1, 5),
        [histogramTag(READY, "cached")]: evenly(60, 100, 1000),
        [histogramTag(RECONNECT, "cached")]: evenly(60, 100, 1000),
        [histogramTag(READY, "spiral")]: evenly(10, 1000, 2000),
        [histogramTag(RECONNECT, "spiral")]: evenly(40, 50, 90),
        [histogramTag(SPREAD, "cached")]: evenly(60, 0.1, 3),
        [histogramTag(SPREAD, "spiral")]: evenly(40, 0.1, 4),
      },
    ],
    timeline: Array.from({ length: 310 }, (_, i) => i).flatMap((i) => {
      const t_ms = TIME_ZERO_MS + i * 100;
      const inStorm = i >= 100 && i < 300;
      const spiralTries = inStorm ? 3 : 0;
      return [
        {
          t_ms,
          cohort: "cached",
          online: 60,
          ready: 60,
          connect_attempts: i === 101 ? 60 : i < 60 ? 1 : 0,
          connects_accepted: i < 60 ? 1 : 0,
          storm_ready: i === 105 ? 60 : 0,
        },
        {
          t_ms,
          cohort: "spiral",
          online: 40,
          connect_attempts: i < 40 ? 1 : spiralTries,
          connects_accepted: i < 40 ? 1 : 0,
          config_requests: i < 40 ? 1 : spiralTries,
          config_responses: i < 40 ? 1 : 0,
          storm_connects: spiralTries,
          storm_requests: spiralTries,
          storm_ready: i === 115 ? 10 : 0,
        },
      ];
    }),
  };
}

/**
 * One worker of 100 devices that arrive two a row, and two storms with a long time of nothing between them: half of the devices at
 * 10 s, all ready within 1 s; all of them at 60 s, of which 90 are ready within 4 s. The run ends at 90 s.
 */
export function twoStormsWorker(): SyntheticWorker {
  const half = stormCohort({
    affected: 50,
    recovered: 50,
    fleet: 100,
    connectAttempts: 50,
    connectsAccepted: 50,
  });
  const all = stormCohort({ affected: 100, recovered: 90, connectAttempts: 100, connectsAccepted: 90 });
  const ready = (index: number): string => histogramTag(stormMetricName(index, "ready_time"), "fleet");
  const intervals: SyntheticWorker["intervals"] = Array.from({ length: 18 }, () => ({}));
  const connects = histogramTag("mqtt.connect_time", "fleet");
  intervals[0] = { [connects]: evenly(100, 1, 20) };
  intervals[2] = { [connects]: evenly(50, 2, 80), [ready(1)]: evenly(50, 100, 1000) };
  intervals[12] = { [connects]: evenly(90, 5, 900), [ready(2)]: evenly(90, 500, 4000) };
  return {
    record: record({
      cohorts: { fleet: { devices: 100, everOnline: 100 } },
      updatedAtMs: TIME_ZERO_MS + 90_000,
      storms: [
        storm({ fraction: 0.5, windowMs: 10_000, cohorts: { fleet: half } }),
        storm({ index: 2, atMs: 60_000, cohorts: { fleet: all } }),
      ],
      counters: { fleet: counters({ connectAttempts: 250, connectsAccepted: 240 }) },
      disconnects: { fleet: { storm: 150 } },
      errors: {},
    }),
    intervals,
    timeline: Array.from({ length: 900 }, (_, i) => ({
      t_ms: TIME_ZERO_MS + i * 100,
      cohort: "fleet",
      online: Math.min(100, i * 2),
      ready: Math.min(100, i * 2),
      connect_attempts: i < 50 ? 2 : i === 101 ? 50 : i >= 605 && i < 615 ? 10 : 0,
      connects_accepted: i < 50 ? 2 : i === 101 ? 50 : i >= 605 && i < 614 ? 10 : 0,
    })),
  };
}

/** One worker's files as they are read. */
export interface WorkerFiles {
  record: WorkerRecord;
  histograms: Map<string, Histogram>;
  timelineRows: TimelineRow[];
}

/** Adds workers up as if their files had been read one after the other. */
export function addedUp(workers: readonly WorkerFiles[]): AddedUp {
  const sum: AddedUp = { records: [], histograms: new Map(), latencies: new Map(), timelines: new Map() };
  for (const { record, histograms, timelineRows } of workers) {
    sum.records.push(record);
    for (const [tag, histogram] of histograms) {
      sum.histograms.set(
        tag,
        addHistograms([
          histogram,
          ...(sum.histograms.has(tag) ? [sum.histograms.get(tag) as Histogram] : []),
        ]),
      );
    }
    const timeline = getOrAdd(sum.timelines, record.testRunId, () => new TimelineSum());
    timeline.addWorker(timelineRows, new RunBudget());
  }
  return sum;
}

export function summaryOf(workers: readonly Partial<SyntheticWorker>[], target = 0.99): Summary {
  const files = readRun([writeRun(workers)]);
  return buildSummary(mergeRun(files), { target, problems: files.problems });
}
