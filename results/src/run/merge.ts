import {
  COUNTER_NAMES,
  type CohortClient,
  type CounterName,
  type ForecastRecord,
  type GeneratorHealth,
  type LabEnd,
  type RegionLoad,
  TIMELINE_ROW_MS,
  type WorkerMessages,
  type WorkerRecord,
  type WorkerRegion,
  type WorkerStorm,
  type WorkerStormCohort,
  type WorkerTakeovers,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import type { AddedUp } from "./added-up.ts";
import { type ClockReading, clocksOf, rowsMovedMs } from "./clocks.ts";
import { clientsOf } from "./cohort-client.ts";
import { type CutApart, cutApart } from "./cut-instants.ts";
import { highest, lowest } from "./highest-lowest.ts";
import { LatencySlots } from "./latency-slots.ts";
import {
  type AbsentContainer,
  absentContainers,
  endedWithoutTimeZero,
  type Presence,
  presenceAtStorms,
} from "./presence.ts";
import type { TimelineRow } from "./timeline.ts";
import { mergeTimelines, type TimelineSum } from "./timeline-sum.ts";

type Counts = Map<string, number>;

export interface MergedStorm
  extends Omit<
    WorkerStorm,
    | "cohorts"
    | "messages"
    | "regions"
    | "regionLoads"
    | "missedByMs"
    | "endMissedByMs"
    | "endedEarlyMs"
    | "generator"
    | "generatorInWindow"
  > {
  /** The window that was planned; null where it was watched to its end, and where it was cut short. */
  plannedWindowMs: number | null;
  /** What each worker that watched itself saw while devices came back … */
  generators: GeneratorHealth[];
  /** … and over the whole window. */
  generatorsInWindow: GeneratorHealth[];
  /** Workers whose turn came too late, the latest first. */
  missed: Late[];
  /** Containers, one of several each, that ended without a time zero: it never came to them. */
  withoutTimeZero: string[];
  /** Workers that noticed the end of the window too late, the latest first. */
  endMissed: Late[];
  /** Devices that should have been there; null where no worker came to it. */
  presence: Presence | null;
  /** The containers that came to it the furthest apart; null where there is one. */
  apart: CutApart | null;
  /** How a part of the lab of one of its runs ended before the window did; null where none did. */
  labEnd: LabEnd | null;
  cohorts: Map<string, WorkerStormCohort>;
  /** Tracked messages by cohort; null where none were tracked. */
  messages: Map<string, WorkerMessages> | null;
  /** Regions in the script's order; empty without regions. */
  regions: Map<string, WorkerRegion>;
  regionLoads: Map<string, RegionLoad>;
}

export interface Late {
  workerId: string;
  byMs: number;
}

/** The whole run: what all workers saw, added up. */
export interface MergedRun {
  testRunId: string;
  target: string;
  tls: WorkerRecord["tls"];
  http: WorkerRecord["http"];
  workers: Pick<WorkerRecord, "workerId" | "state" | "updatedAtMs">[];
  /** The clock of each container, in the order of the records; null where it was not measured. */
  clocks: { testRunId: string; container: string; reading: ClockReading | null }[];
  /** Containers of which there are no files. */
  absent: AbsentContainer[];
  startedAtMs: number;
  endedAtMs: number;
  /** The longest that a device waits between two attempts to connect; null in files of an engine that did not say so yet. */
  longestBackoffMs: number | null;
  /** Parts of the lab that ended during the run. */
  labEnds: LabEnd[];
  /** Cohorts in which an answer cannot be told from that to an earlier request. */
  uncorrelated: string[];
  /** Connections that devices of the fleet took from each other, as far as their processes saw it; the first client ids of each. */
  ownTakeovers: WorkerTakeovers;
  /** Other runs that used the same client ids at the same broker and time. */
  sameIdsAs: string[];
  /** The fleet's time zero: the earliest that a worker knows; the start of the run if no device was started. */
  timeZeroMs: number;
  cohorts: Map<string, { devices: number; everOnline: number }>;
  /** The client of each cohort, where it is known and all its devices have the same. */
  clients: Map<string, CohortClient>;
  storms: MergedStorm[];
  /** Regions in the script's order; empty without regions. */
  regions: Map<string, WorkerRegion>;
  /** Tracked messages by cohort; null where none were tracked. */
  messages: Map<string, WorkerMessages> | null;
  counters: Map<string, Record<CounterName, number>>;
  disconnects: Map<string, Counts>;
  /** Devices that stopped trying because a server told them to, and that gave up; by cohort, and by reason or last failure. */
  stopped: Map<string, Counts>;
  gaveUp: Map<string, Counts>;
  errors: Map<string, Counts>;
  /** One for each worker; none in a forecast. */
  generators: GeneratorHealth[];
  /** What a forecast rests on; null where the run was measured. */
  forecast: ForecastRecord | null;
  /** The key is the tag. */
  histograms: Map<string, Histogram>;
  /** Times count from time zero. */
  timeline: TimelineRow[];
  /** Values of some metrics by when they were recorded, epoch milliseconds of the first run's clock. */
  latencies: LatencySlots;
}

/**
 * @param of what the files are of: the whole run, so that a container without files is missing, or of what one machine measured
 */
export function mergeRun(
  files: AddedUp,
  labEnds: readonly LabEnd[] = [],
  of: "run" | "machine" = "run",
): MergedRun {
  const { records, histograms } = files;
  const [first] = records;
  if (first === undefined) throw new Error("no worker to merge");
  const startedAtMs = smallest(records.map((record) => record.startedAtMs)) as number;
  const clocks = clocksOf(records);
  const zeroMs = (record: WorkerRecord): number | null =>
    record.timeZeroMs === null ? null : record.timeZeroMs + rowsMovedMs(clocks, record);
  const timeZeroMs = smallest(records.map(zeroMs)) ?? startedAtMs;
  const absent = absentContainers(records);
  const presence = presenceAtStorms(records, clocks, of === "run" ? absent : []);
  const apart = cutApart(records, clocks);
  return {
    testRunId: [...new Set(records.map((record) => record.testRunId))].join(" + "),
    target: first.target,
    tls: { insecure: records.some(({ tls }) => tls.insecure) },
    http: { insecure: records.some(({ http }) => http.insecure) },
    workers: records.map(({ workerId, state, updatedAtMs }) => ({ workerId, state, updatedAtMs })),
    clocks: distinctContainers(records).map((record) => ({
      testRunId: record.testRunId,
      container: record.containerName,
      reading: clocks.get(record) ?? null,
    })),
    absent,
    startedAtMs,
    endedAtMs: largest(records.map((record) => record.updatedAtMs)) as number,
    timeZeroMs,
    longestBackoffMs: largest(records.map((record) => record.longestBackoffMs)),
    labEnds: [...labEnds],
    uncorrelated: [...new Set(records.flatMap((record) => record.uncorrelated))],
    ownTakeovers: {
      count: records.reduce((sum, { ownTakeovers }) => sum + (ownTakeovers?.count ?? 0), 0),
      examples: records.flatMap(({ ownTakeovers }) => ownTakeovers?.examples ?? []),
    },
    sameIdsAs: [...new Set(records.flatMap((record) => record.sameIdsAs))],
    cohorts: sumByKey(records.map((record) => record.cohorts)),
    clients: clientsOf(records),
    storms: mergeStorms(records, labEnds).map((storm) => ({
      ...storm,
      presence: presence.get(storm.index) ?? null,
      apart: apart.get(storm.index) ?? null,
    })),
    regions: sumByKey(records.map((record) => record.regions ?? {})),
    messages: sumMessages(records),
    counters: mergeCounters(records),
    disconnects: sumNames(records.map((record) => record.disconnects)),
    stopped: sumNames(records.map((record) => record.stopped ?? {})),
    gaveUp: sumNames(records.map((record) => record.gaveUp ?? {})),
    errors: sumNames(records.map((record) => record.errors)),
    generators: records.flatMap((record) => record.generator ?? []),
    forecast: first.forecast ?? null,
    histograms,
    timeline: mergeTimelines(onOneTimeZero(files, timeZeroMs, zeroMs)),
    latencies: latenciesOf(files, timeZeroMs, zeroMs),
  };
}

/** Several runs each count from a time zero of their own: later ones are moved by whole rows onto the first. */
function onOneTimeZero(
  { records, timelines }: AddedUp,
  timeZeroMs: number,
  ownZeroMs: (record: WorkerRecord) => number | null,
): { sum: TimelineSum; zeroMs: number }[] {
  const runs = Map.groupBy(records, ({ testRunId }) => testRunId);
  return [...timelines].map(([testRunId, sum]) => {
    const zerosMs = (runs.get(testRunId) ?? []).map(ownZeroMs);
    const laterMs = (smallest(zerosMs) ?? timeZeroMs) - timeZeroMs;
    return { sum, zeroMs: timeZeroMs + Math.round(laterMs / TIMELINE_ROW_MS) * TIMELINE_ROW_MS };
  });
}

function latenciesOf(
  { records, latencies }: AddedUp,
  timeZeroMs: number,
  ownZeroMs: (record: WorkerRecord) => number | null,
): LatencySlots {
  const all = new LatencySlots();
  const runs = Map.groupBy(records, ({ testRunId }) => testRunId);
  for (const [testRunId, slots] of latencies) {
    const zeroMs = smallest((runs.get(testRunId) ?? []).map(ownZeroMs)) ?? timeZeroMs;
    all.addMoved(slots, timeZeroMs - zeroMs);
  }
  return all;
}

/** One record of each container, whichever thread's. */
function distinctContainers(records: readonly WorkerRecord[]): WorkerRecord[] {
  const key = ({ testRunId, containerName }: WorkerRecord): string =>
    JSON.stringify([testRunId, containerName]);
  return [...new Map(records.map((record) => [key(record), record])).values()];
}

type StormOfWorker = WorkerStorm & {
  workerId: string;
  /** The worker had devices and was stopped before it saw the storm. */
  isCutOff: boolean;
  /** Its container where it never had a time zero to go by; null otherwise. */
  withoutTimeZero: string | null;
  labEnd: LabEnd | null;
};

/** What a storm's workers say of it. */
type SummedStorm = Omit<MergedStorm, "presence" | "apart">;

function mergeStorms(records: readonly WorkerRecord[], labEnds: readonly LabEnd[]): SummedStorm[] {
  const byIndex = Map.groupBy(
    records.flatMap((record) => record.storms.map((storm) => stormOfWorker(storm, record, labEnds))),
    (storm) => storm.index,
  );
  return [...byIndex.values()].map(mergeStorm).sort((a, b) => a.index - b.index);
}

function stormOfWorker(storm: WorkerStorm, record: WorkerRecord, labEnds: readonly LabEnd[]): StormOfWorker {
  const { startedAtMs, missedByMs } = storm;
  const hasDevices = Object.values(record.cohorts).some(({ devices }) => devices > 0);
  const endedMs = (startedAtMs ?? Number.NEGATIVE_INFINITY) + storm.windowMs;
  return {
    ...storm,
    atMs: beganMs(storm, record),
    workerId: record.workerId,
    isCutOff: record.state !== "ended" && hasDevices && startedAtMs === null && missedByMs === null,
    withoutTimeZero: hasDevices && endedWithoutTimeZero(record) ? record.containerName : null,
    // The end counts for workers of its own run: several runs may be merged.
    labEnd: labEnds.find(({ atMs }) => atMs >= record.startedAtMs && atMs < endedMs) ?? null,
  };
}

/** Milliseconds from time zero. An `external` storm begins when it opens, in each worker for itself. */
function beganMs({ cause, atMs, startedAtMs }: WorkerStorm, { timeZeroMs }: WorkerRecord): number {
  const opened = cause === "external" && startedAtMs !== null && timeZeroMs !== null;
  return opened ? startedAtMs - timeZeroMs : atMs;
}

function mergeStorm(same: StormOfWorker[]): SummedStorm {
  // A worker whose last device had gone before the storm came has no say in whether the window was watched.
  const began = same.filter((storm) => storm.startedAtMs !== null);
  const {
    missedByMs: _missed,
    endMissedByMs: _endMissed,
    workerId: _worker,
    isCutOff: _cutOff,
    withoutTimeZero: _withoutTimeZero,
    generator: _generator,
    generatorInWindow: _inWindow,
    endedEarlyMs: _early,
    ...first
  } = same[0] as StormOfWorker;
  const watchedMs = windowOf(began);
  return {
    ...first,
    windowMs: watchedMs ?? first.windowMs,
    plannedWindowMs: watchedMs === null ? null : first.windowMs,
    missed: latestFirst(same, ({ missedByMs }) => missedByMs),
    withoutTimeZero: [...new Set(same.flatMap(({ withoutTimeZero }) => withoutTimeZero ?? []))],
    endMissed: latestFirst(same, ({ endMissedByMs }) => endMissedByMs),
    // Workers that did not see an `external` storm know only the time from which they watched.
    atMs: smallest((began.length > 0 ? began : same).map((storm) => storm.atMs)) as number,
    startedAtMs: smallest(same.map((storm) => storm.startedAtMs)),
    closed:
      began.length > 0 && began.every((storm) => storm.closed) && !same.some(({ isCutOff }) => isCutOff),
    labEnd: same.find(({ labEnd }) => labEnd !== null)?.labEnd ?? null,
    cohorts: sumByKey(same.map((storm) => storm.cohorts)),
    messages: sumMessages(same),
    regions: sumByKey(same.map((storm) => storm.regions ?? {})),
    regionLoads: sumByKey(same.map((storm) => storm.regionLoads ?? {})),
    generators: same.flatMap((storm) => storm.generator ?? []),
    // An older engine watched the recovery alone.
    generatorsInWindow: same.flatMap((storm) => storm.generatorInWindow ?? storm.generator ?? []),
  };
}

/** The window that was watched where the run ended since all storms had recovered; null where it did not, in any worker. */
function windowOf(began: readonly StormOfWorker[]): number | null {
  const windows = began.flatMap(({ windowMs, endedEarlyMs }) =>
    endedEarlyMs === undefined || endedEarlyMs >= windowMs ? [] : [windowMs - endedEarlyMs],
  );
  return windows.length === 0 ? null : (smallest(windows) as number);
}

function latestFirst(
  same: readonly StormOfWorker[],
  lateMs: (storm: StormOfWorker) => number | null,
): Late[] {
  const late = same.flatMap((storm): Late[] => {
    const byMs = lateMs(storm);
    return byMs === null ? [] : [{ workerId: storm.workerId, byMs }];
  });
  return late.sort((a, b) => b.byMs - a.byMs);
}

function mergeCounters(records: readonly WorkerRecord[]): Map<string, Record<CounterName, number>> {
  const none = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Record<CounterName, number>;
  const merged = sumByKey(records.map((record) => record.counters));
  for (const cohort of merged.keys()) merged.set(cohort, { ...none, ...merged.get(cohort) });
  return merged;
}

function sumMessages(
  all: readonly { messages?: Record<string, WorkerMessages> | undefined }[],
): Map<string, WorkerMessages> | null {
  const tracked = all.map(({ messages }) => messages).filter((one) => one !== undefined);
  return tracked.length === 0 ? null : sumByKey(tracked);
}

function smallest(values: readonly (number | null)[]): number | null {
  return lowest(values.filter((value) => value !== null));
}

/** Returns null where one of them is not known. */
function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? highest(known) : null;
}

/** Adds records of numbers field by field, key by key. Keys are user text, so the sums stand in a Map. */
export function sumByKey<Fields extends Record<keyof Fields, number>>(
  all: readonly Record<string, Fields>[],
): Map<string, Fields> {
  const sums = new Map<string, Fields>();
  for (const [key, fields] of all.flatMap((one) => Object.entries(one))) {
    const sum = sums.get(key);
    sums.set(key, sum ? addFields(sum, fields) : { ...fields });
  }
  return sums;
}

export function addFields<Fields extends Record<keyof Fields, number>>(a: Fields, b: Fields): Fields {
  const sum = { ...a };
  for (const name of Object.keys(b) as (keyof Fields)[]) {
    sum[name] = ((sum[name] ?? 0) + b[name]) as Fields[keyof Fields];
  }
  return sum;
}

/** Names stand in alphabetical order: which worker met one first says nothing. */
function sumNames(all: readonly Record<string, Record<string, number>>[]): Map<string, Counts> {
  const sums = new Map<string, Counts>();
  for (const [cohort, counts] of all.flatMap((one) => Object.entries(one))) {
    const sum: Counts = sums.get(cohort) ?? new Map<string, number>();
    for (const [name, count] of Object.entries(counts)) sum.set(name, (sum.get(name) ?? 0) + count);
    sums.set(cohort, sum);
  }
  return new Map([...sums].map(([cohort, counts]) => [cohort, inOrder(counts)]));
}

function inOrder(counts: Counts): Counts {
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
