import { TIMELINE_ROW_MS, type WorkerRecord } from "artillery-engine-mqtt/contract";
import { highest, lowest } from "../run/highest-lowest.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { devicesDue } from "./recovery.ts";
import { sum } from "./sum.ts";

/** Rates are means over so much of each worker's timeline: a flush apart, so that each event counts once. */
const RATE_MS = 2000;

/** What one worker's files say now. */
export interface WorkerNow {
  record: WorkerRecord;
  /** The last rows of its timeline. */
  rows: readonly TimelineRow[];
}

/** One storm whose window is open, as of the workers' last flush. */
export interface StormProgress {
  index: number;
  /** What happened, in the script's words. */
  name: string | null;
  /** Containers that had begun it; 1 on one machine. */
  containers: number;
  /** Affected devices that are to come back. */
  due: number;
  /** How many of them are ready now. */
  ready: number;
  online: number;
  connectsPerS: number;
  configRequestsPerS: number;
  /** Time since the storm began; at most `windowMs`. */
  sinceMs: number;
  windowMs: number;
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
      const sinceMs = highest(same.map((storm) => storm.record.updatedAtMs - storm.startedAtMs)) ?? 0;
      const windowMs = highest(same.map((storm) => storm.windowMs)) ?? 0;
      const beganMs = lowest(same.map((storm) => storm.startedAtMs)) ?? 0;
      return {
        index,
        name: same[0]?.name ?? null,
        containers: new Set(same.map(({ record }) => record.containerName)).size,
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
