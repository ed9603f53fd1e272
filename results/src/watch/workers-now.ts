import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { TIMELINE_ROW_MS, WORKER_RECORD_FILE, type WorkerRecord } from "artillery-engine-mqtt/contract";
import type { StormProgress } from "../console/progress.ts";
import { devicesDue } from "../judge/recovery.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { highest, lowest } from "../run/highest-lowest.ts";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { readTimeline } from "../run/read-timeline.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { workerRecordSchema } from "../run/worker-record.ts";

/** Rates are means over so much of each worker's timeline: a flush apart, so that each event counts once. */
const RATE_MS = 2000;

/** What one worker's files say now. */
export interface WorkerNow {
  record: WorkerRecord;
  /** The last rows of its timeline. */
  rows: readonly TimelineRow[];
}

/** Storms whose window is open: begun in some worker, not closed in every worker that it began in. */
export function openStorms(workers: readonly WorkerNow[]): StormProgress[] {
  const began = workers.flatMap(({ record }) =>
    record.storms.flatMap((storm) =>
      storm.startedAtMs === null ? [] : { ...storm, startedAtMs: storm.startedAtMs, record },
    ),
  );
  const open = new Set(began.filter((storm) => !storm.closed).map((storm) => storm.index));
  return [...open]
    .sort((a, b) => a - b)
    .map((index) => {
      const same = began.filter((storm) => storm.index === index);
      const cohorts = same.flatMap((storm) => Object.values(storm.cohorts));
      const sinceMs = highest(same.map((storm) => storm.record.updatedAtMs - storm.startedAtMs));
      const windowMs = highest(same.map((storm) => storm.windowMs));
      const beganMs = lowest(same.map((storm) => storm.startedAtMs));
      return {
        index,
        due: sum(cohorts.map(devicesDue)),
        ready: sum(cohorts.map((cohort) => cohort.readyAtEnd)),
        online: sum(workers.map(({ rows }) => onlineAtEnd(rows))),
        connectsPerS: sum(workers.map(({ rows }) => ratePerS(rows, "connects_accepted", beganMs))),
        configRequestsPerS: sum(workers.map(({ rows }) => ratePerS(rows, "config_requests", beganMs))),
        sinceMs: Math.min(windowMs, Math.max(0, sinceMs)),
        windowMs,
      };
    });
}

function onlineAtEnd(rows: readonly TimelineRow[]): number {
  return sum([...new Map(rows.map((row) => [row.cohort, row.online])).values()]);
}

/** Mean of the last two seconds, or since the storm began: what was before it would halve its first rate. */
function ratePerS(
  rows: readonly TimelineRow[],
  column: "connects_accepted" | "config_requests",
  beganMs: number,
): number {
  const endMs = (rows.at(-1)?.t_ms ?? 0) + TIMELINE_ROW_MS;
  const fromMs = Math.min(Math.max(endMs - RATE_MS, beganMs), endMs - TIMELINE_ROW_MS);
  const last = rows.filter((row) => row.t_ms >= fromMs);
  return (sum(last.map((row) => row[column])) * 1000) / (endMs - fromMs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Longer than two seconds of rows of a hundred cohorts; each read is of this length at most. */
const TAIL_BYTES = 128 * 1024;

/** Reads records, and of a timeline only its end. What cannot be read just now is left out. */
export async function readWorkersNow(directory: string): Promise<WorkerNow[]> {
  const names = await readdir(directory).catch(() => []);
  const ids = names.flatMap((name) => WORKER_RECORD_FILE.exec(name)?.[1] ?? []);
  const workers = await Promise.all(ids.map((id) => readWorkerNow(directory, id).catch(() => null)));
  return workers.filter((worker) => worker !== null);
}

async function readWorkerNow(directory: string, id: string): Promise<WorkerNow | null> {
  const text = readTextFile(join(directory, RUN_FILES.workerRecord(id)), LIMITS.recordBytes);
  const record = workerRecordSchema.parse(JSON.parse(text));
  const isOpen = record.storms.some((storm) => storm.startedAtMs !== null && !storm.closed);
  const rows = isOpen ? await timelineEnd(join(directory, RUN_FILES.workerTimeline(id))) : [];
  return { record, rows };
}

async function timelineEnd(path: string): Promise<TimelineRow[]> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const tail = buffer.toString("utf8", 0, bytesRead);
    if (from === 0) return readTimeline(tail, path, []);
    const header = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    const columns = header.buffer.toString("utf8", 0, header.bytesRead).split("\n", 1)[0];
    // The first line of the tail is a piece of one.
    return readTimeline(`${columns}\n${tail.slice(tail.indexOf("\n") + 1)}`, path, []);
  } finally {
    await file.close();
  }
}
