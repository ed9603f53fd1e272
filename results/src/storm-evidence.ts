import { TIMELINE_ROW_MS, type WorkerStormCohort } from "artillery-engine-mqtt/contract";
import type { MergedRun, MergedStorm } from "./merge.ts";
import { didNotHappen } from "./storm-words.ts";
import { bestMeanPerS, meanPerS, series, type TimelineRow, type TimelineValue } from "./timeline.ts";
import { type LastStretch, lastStretchMs, type StormEvidence } from "./verdict.ts";
import { takeoversOf } from "./warnings.ts";

/** What a target sustains is a mean over so long: its best second may have been a queue that filled. */
const SUSTAINED_MS = 5000;

/** From this share of the fleet on, connections that other clients took are more than an accident. */
const DISTURBED_SHARE = 0.01;

/** What the verdict of one storm rests on. `counts` and `rows` are of the cohorts that it is about. */
export function evidenceOf(
  run: MergedRun,
  storm: MergedStorm,
  counts: WorkerStormCohort,
  rows: readonly TimelineRow[],
): StormEvidence {
  const endMs = storm.atMs + storm.windowMs;
  const longestBackoffMs = run.longestBackoffMs ?? 0;
  const stretchMs = lastStretchMs(storm.windowMs, longestBackoffMs);
  // A target that was asked at all is there from its first connect on.
  const beforeRows = run.timeline.filter((row) => row.t_ms + TIMELINE_ROW_MS <= storm.atMs);
  const fromMs = beforeRows.find((row) => row.connect_attempts > 0)?.t_ms ?? storm.atMs;
  const sustained = (column: TimelineValue): number =>
    bestMeanPerS(series(beforeRows, column, fromMs, storm.atMs), SUSTAINED_MS);
  const offered = (column: TimelineValue): number =>
    meanPerS(series(run.timeline, column, endMs - stretchMs, endMs));
  const total = (column: TimelineValue): number => beforeRows.reduce((sum, row) => sum + row[column], 0);
  return {
    absence: absenceOf(run, storm),
    closed: storm.closed,
    windowMs: storm.windowMs,
    longestBackoffMs,
    counts,
    lastStretch: lastStretchOf(rows, endMs - stretchMs, endMs),
    offered: {
      connectsPerS: offered("storm_connects"),
      configRequestsPerS: offered("storm_requests"),
    },
    sustained: {
      connectsPerS: sustained("connects_accepted"),
      configRequestsPerS: sustained("config_responses"),
    },
    before: { configRequests: total("config_requests"), configResponses: total("config_responses") },
  };
}

function absenceOf(run: MergedRun, storm: MergedStorm): StormEvidence["absence"] {
  const [late] = storm.missed;
  if (late !== undefined) {
    const many = storm.missed.length > 1 ? ` (and ${storm.missed.length - 1} more)` : "";
    const seconds = `${Number((late.missedByMs / 1000).toPrecision(3))} s`;
    return {
      kind: "not-watched",
      reason: `not watched: worker ${late.workerId}${many} came to it ${seconds} after its instant, and left its devices alone`,
    };
  }
  if (storm.startedAtMs === null) return { kind: "did-not-happen", reason: didNotHappen(storm) };
  if (run.sameIdsAs.length > 0 || takeoversOf(run) > DISTURBED_SHARE * devicesOf(run)) {
    return {
      kind: "disturbed",
      reason: "other clients with the same client ids took the devices' connections",
    };
  }
  const endedMs = storm.startedAtMs + storm.windowMs;
  const labEnd = run.labEnds.find(({ atMs }) => atMs < endedMs);
  if (labEnd !== undefined) {
    return { kind: "not-watched", reason: `${labEnd.name} ended during the run (${labEnd.how})` };
  }
  if (run.longestBackoffMs === null) {
    const reason = "its files are of an older engine, which did not record what the verdict rests on";
    return { kind: "not-watched", reason };
  }
  const stallMs = Math.max(0, ...storm.generators.map(({ eventLoopDelayMs }) => eventLoopDelayMs.max));
  if (stallMs > storm.windowMs / 4) {
    const seconds = `${Number((stallMs / 1000).toPrecision(3))} s`;
    return {
      kind: "not-watched",
      reason: `not watched: the load generator stood still for ${seconds} of the window`,
    };
  }
  return null;
}

function devicesOf({ cohorts }: MergedRun): number {
  return [...cohorts.values()].reduce((sum, { devices }) => sum + devices, 0);
}

function lastStretchOf(rows: readonly TimelineRow[], fromMs: number, endMs: number): LastStretch {
  const back = series(rows, "storm_ready", fromMs, endMs).reduce((sum, count) => sum + count, 0);
  const level = series(rows, "ready", fromMs, endMs);
  const quarter = Math.max(1, Math.floor(level.length / 4));
  const mean = (some: readonly number[]): number => some.reduce((sum, ready) => sum + ready, 0) / some.length;
  return {
    ms: endMs - fromMs,
    back,
    readyGained: mean(level.slice(-quarter)) - mean(level.slice(0, quarter)),
  };
}
