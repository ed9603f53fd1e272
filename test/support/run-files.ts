import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  COUNTER_NAMES,
  type CounterName,
  FILES,
  type GeneratorHealth,
  HISTOGRAM,
  STORM_COUNTERS,
  STORM_FATES,
  type StormCounter,
  type StormFate,
  TIMELINE_COLUMNS,
  type TimelineColumn,
  type WorkerRecord,
  type WorkerStorm,
  type WorkerStormCohort,
} from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import * as hdr from "hdr-histogram-js";

/** Time zero of synthetic runs: 2026-11-20T10:00:00Z. */
export const TIME_ZERO_MS = Date.UTC(2026, 10, 20, 10);

export type SyntheticRow = Partial<Record<TimelineColumn, number | string>> & {
  t_ms: number;
  cohort: string;
};

/** One worker's files as plain data. */
export interface SyntheticWorker {
  record: WorkerRecord;
  /** One entry per flush: tag to values in microseconds. */
  intervals: Record<string, number[]>[];
  /** Rows whose `t_ms` counts since the epoch. */
  timeline: SyntheticRow[];
}

export function counters(counts: Partial<Record<CounterName, number>> = {}): Record<CounterName, number> {
  const none = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Record<CounterName, number>;
  return { ...none, ...counts };
}

/** The whole cohort was affected, and who came back stayed, unless something else is given. */
export function stormCohort(counts: Partial<WorkerStormCohort> = {}): WorkerStormCohort {
  const none = Object.fromEntries([...STORM_COUNTERS, ...STORM_FATES].map((name) => [name, 0])) as Record<
    StormCounter | StormFate,
    number
  >;
  const { affected = 0, recovered = 0, fleet = affected } = counts;
  return {
    ...none,
    selected: affected,
    affected,
    recovered,
    refusedHere: 0,
    fleet,
    readyAtEnd: recovered,
    fleetReadyAtEnd: fleet - affected + recovered,
    ...counts,
  };
}

/** A reset of the whole fleet 10 s after time zero, watched for 20 s to its end. */
export function storm(changes: Partial<WorkerStorm> = {}): WorkerStorm {
  const atMs = changes.atMs ?? 10_000;
  return {
    index: 1,
    cause: "reset",
    fraction: 1,
    atMs,
    windowMs: 20_000,
    startedAtMs: TIME_ZERO_MS + atMs,
    closed: true,
    missedByMs: null,
    endMissedByMs: null,
    cohorts: {},
    generator: generator(),
    generatorInWindow: generator(),
    ...changes,
  };
}

/** A generator in good health; `SATURATED` is one that is not. */
export function generator(changes: Partial<GeneratorHealth> = {}): GeneratorHealth {
  return {
    watchedMs: 20_000,
    eventLoopDelayMs: { p50: 0.1, p99: 2, max: 8 },
    operationDelayMs: { p50: 0.1, p99: 0.5 },
    stalledMs: 0,
    cpuShare: 0.4,
    cpuWaitMs: 500,
    ...changes,
  };
}

export const SATURATED: Partial<GeneratorHealth> = { stalledMs: 8000 };

export function record(changes: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    schemaVersion: 1,
    testRunId: "t-synthetic",
    workerId: "1",
    state: "ended",
    tls: { insecure: false },
    http: { insecure: false },
    target: "mqtt://broker:1883",
    seed: 42,
    longestBackoffMs: 5000,
    clientIds: "device-000000",
    sameIdsAs: [],
    uncorrelated: [],
    containerName: "",
    arrivals: { fromMs: null, everyMs: 100, devices: [] },
    others: [],
    containersDue: null,
    clock: null,
    startedAtMs: TIME_ZERO_MS - 500,
    updatedAtMs: TIME_ZERO_MS + 31_000,
    timeZeroMs: TIME_ZERO_MS,
    cohorts: {},
    storms: [],
    counters: {},
    disconnects: {},
    errors: {},
    generator: generator(),
    ...changes,
  };
}

/** Values in microseconds, recorded as the engine does. */
export function histogramOf(valuesUs: readonly number[]): hdr.Histogram {
  const histogram = hdr.build({
    lowestDiscernibleValue: HISTOGRAM.lowestDiscernibleValueUs,
    highestTrackableValue: HISTOGRAM.highestTrackableValueUs,
    numberOfSignificantValueDigits: HISTOGRAM.significantDigits,
  });
  for (const valueUs of valuesUs) histogram.recordValue(valueUs);
  return histogram;
}

export function hlogText(intervals: readonly Record<string, number[]>[]): string {
  let text = "";
  const writer = new hdr.HistogramLogWriter((line) => {
    text += line;
  });
  writer.outputLogFormatVersion();
  writer.outputStartTime(TIME_ZERO_MS);
  writer.outputLegend();
  for (const [i, interval] of intervals.entries()) {
    for (const [tag, valuesUs] of Object.entries(interval)) {
      const histogram = histogramOf(valuesUs);
      histogram.tag = tag;
      const startS = TIME_ZERO_MS / 1000 + i * 5;
      writer.outputIntervalHistogram(histogram, startS, startS + 5, 1000);
    }
  }
  return text;
}

export function timelineText(rows: readonly SyntheticRow[]): string {
  const zeros = Object.fromEntries(TIMELINE_COLUMNS.map((column) => [column, 0]));
  return stringify(
    rows.map((row) => ({ ...zeros, ...row })),
    { header: true, columns: [...TIMELINE_COLUMNS] },
  );
}

/** Writes the three files of each worker into `<directory>/<testRunId>` and returns that path. */
export function writeRun(
  workers: readonly Partial<SyntheticWorker>[],
  output = temporaryDirectory(),
): string {
  const directory = join(output, workers[0]?.record?.testRunId ?? "t-synthetic");
  mkdirSync(directory, { recursive: true });
  for (const [i, worker] of workers.entries()) {
    const own = worker.record ?? record({ workerId: String(i + 1) });
    const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
    write(FILES.workerRecord(own.workerId), JSON.stringify(own));
    write(FILES.workerHistograms(own.workerId), hlogText(worker.intervals ?? []));
    write(FILES.workerTimeline(own.workerId), timelineText(worker.timeline ?? []));
  }
  return directory;
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "mqtt-results-"));
}
