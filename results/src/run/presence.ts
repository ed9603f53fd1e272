import type { WorkerArrivals, WorkerRecord } from "artillery-engine-mqtt/contract";
import { aheadMs, type Clocks, onCommonClock } from "./clocks.ts";
import { cutInstants } from "./cut-instants.ts";
import { highest, lowest } from "./highest-lowest.ts";

/** A container of which there are no files. */
export interface AbsentContainer {
  testRunId: string;
  /** Null where nobody has ever heard of it. */
  container: string | null;
  /** What it had started by its last word, or where there was none, what a container of its run started on average. */
  devices: number;
}

/** Containers that a run had, or was to have, and of which there are no files. */
export function absentContainers(records: readonly WorkerRecord[]): AbsentContainer[] {
  return [...Map.groupBy(records, ({ testRunId }) => testRunId)].flatMap(([testRunId, run]) => {
    const here = new Set(run.map(({ containerName }) => containerName));
    const heard = [...heardOf(run)].filter(([container]) => !here.has(container));
    const absent = heard.map(([container, devices]) => ({ testRunId, container, devices }));
    const due = highest(run.flatMap(({ containersDue }) => containersDue ?? [])) ?? 0;
    const never = Math.min(Math.max(0, due - here.size - heard.length), MOST_NAMELESS);
    const devices = Math.round(run.reduce((sum, record) => sum + startedBy(record), 0) / here.size);
    const nameless = Array.from({ length: never }, () => ({ testRunId, container: null, devices }));
    return [...absent, ...nameless];
  });
}

/** The devices of each container by its last word to the others. */
function heardOf(run: readonly WorkerRecord[]): Map<string, number> {
  const heard = new Map<string, number>();
  for (const { container, devices } of run.flatMap(({ others }) => others))
    heard.set(container, Math.max(devices, heard.get(container) ?? 0));
  return heard;
}

/** No run has more containers; the number stands in a file. */
const MOST_NAMELESS = 10_000;

function startedBy({ cohorts }: WorkerRecord): number {
  return Object.values(cohorts).reduce((sum, { devices }) => sum + devices, 0);
}

/** What a container lacked when a storm came. */
export interface PresenceGap {
  /** Null for one that nobody has heard of. */
  container: string | null;
  /** Devices that should have been there, and of these those that were not. */
  due: number;
  missing: number;
  /** So long after the first container its first device arrived; null where there are no files of it. */
  lateMs: number | null;
}

/** The devices of a run that should have been there when a storm came. */
export interface Presence {
  due: number;
  there: number;
  /** The largest first. */
  gaps: PresenceGap[];
}

/**
 * Who should have been there when storms came, by their index; nothing of a storm to which the only container came whole. All
 * containers run the same script: one that began late should have had the devices that it had so much later.
 */
export function presenceAtStorms(
  records: readonly WorkerRecord[],
  clocks: Clocks,
  absent: readonly AbsentContainer[],
): Map<number, Presence> {
  const presence = new Map<number, Presence>();
  for (const [testRunId, run] of Map.groupBy(records, (record) => record.testRunId)) {
    const missing = absent.filter((one) => one.testRunId === testRunId);
    const instants = Map.groupBy(cutInstants(run, clocks), ({ storm }) => storm.index);
    for (const [index, same] of instants) {
      const atMs = lowest(same.map((one) => one.atMs)) as number;
      const gaps = [...gapsOf(run, clocks, index, atMs), ...missing.map(gapOfAbsent)];
      // One container, all of it there: it is not late for anybody, and its fleet is counted elsewhere.
      if (gaps.length <= 1 && gaps.every((gap) => gap.missing === 0)) continue;
      const sum = presence.get(index) ?? { due: 0, there: 0, gaps: [] };
      sum.due += gaps.reduce((total, { due }) => total + due, 0);
      sum.there += gaps.reduce((total, gap) => total + gap.due - gap.missing, 0);
      sum.gaps = [...sum.gaps, ...gaps.filter((gap) => gap.missing > 0)].sort(
        (a, b) => b.missing - a.missing,
      );
      presence.set(index, sum);
    }
  }
  return presence;
}

function gapOfAbsent({ container, devices }: AbsentContainer): PresenceGap {
  return { container, due: devices, missing: devices, lateMs: null };
}

/** @param stormMs when the first worker of the run came to the storm, on the common clock */
function gapsOf(run: readonly WorkerRecord[], clocks: Clocks, index: number, stormMs: number): PresenceGap[] {
  const heard = heardOf(run);
  const containers = [...Map.groupBy(run, ({ containerName }) => containerName)].flatMap(
    ([container, workers]) => {
      const begins = workers.flatMap((record) =>
        record.arrivals.fromMs === null ? [] : onCommonClock(clocks, record, record.arrivals.fromMs),
      );
      const beganMs = lowest(begins);
      // The files of one that was killed end up to a flush before it did: the others may have heard of more.
      const wasKilled = workers.some(({ state }) => state === "running");
      const heardOfIt = wasKilled ? (heard.get(container) ?? 0) : 0;
      return beganMs === null && heardOfIt === 0 ? [] : [{ container, workers, beganMs, heardOfIt }];
    },
  );
  const firstMs = lowest(containers.flatMap(({ beganMs }) => beganMs ?? [])) ?? 0;
  return containers.map(({ container, workers, beganMs, heardOfIt }) => {
    const lateMs = (beganMs ?? firstMs) - firstMs;
    let due = 0;
    let there = 0;
    for (const record of workers) {
      const dueOfWorker = arrivedBy(record.arrivals, stormMs + lateMs + aheadMs(clocks, record));
      due += dueOfWorker;
      there += thereOf(record, index, dueOfWorker);
    }
    const whole = Math.max(Math.round(due), heardOfIt);
    return { container, due: whole, missing: Math.max(0, whole - Math.round(there)), lateMs };
  });
}

/** Devices of a worker that took part in a storm, whether or not they were online, or had left by then. */
function thereOf(record: WorkerRecord, index: number, due: number): number {
  const storm = record.storms.find((one) => one.index === index);
  if (storm === undefined || storm.missedByMs !== null) return 0;
  if (storm.startedAtMs !== null) return Math.min(due, arrivedBy(record.arrivals, storm.startedAtMs));
  if (endedWithoutTimeZero(record)) return 0;
  // Its last device had left before, as its script said; or it was stopped, and saw nothing of the storm.
  return record.state === "ended" ? due : 0;
}

/** One of several containers that heard of no other: it had no time zero, and left its devices alone until it ended. */
export function endedWithoutTimeZero({ state, timeZeroMs, container }: WorkerRecord): boolean {
  return state === "ended" && timeZeroMs === null && container !== undefined && container.of > 1;
}

/** Devices that had arrived by then, on the worker's own clock; within a bin they arrive evenly. */
export function arrivedBy({ fromMs, everyMs, devices }: WorkerArrivals, atMs: number): number {
  if (fromMs === null || atMs < fromMs) return 0;
  const bins = (atMs - fromMs) / everyMs;
  const whole = devices.slice(0, Math.floor(bins)).reduce((sum, count) => sum + count, 0);
  return whole + (devices[Math.floor(bins)] ?? 0) * (bins - Math.floor(bins));
}
