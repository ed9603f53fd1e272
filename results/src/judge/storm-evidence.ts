import { lastStretchMs, TIMELINE_ROW_MS, type WorkerStormCohort } from "artillery-engine-mqtt/contract";
import { firstSentences } from "../run/first-sentences.ts";
import { highest } from "../run/highest-lowest.ts";
import type { Late, MergedRun, MergedStorm } from "../run/merge.ts";
import type { TimelineRow, TimelineValue } from "../run/timeline.ts";
import { seconds } from "./number-words.ts";
import { containerName, presenceWords } from "./presence-words.ts";
import { didNotHappen } from "./storm-words.ts";
import { bestMeanPerS, meanLevel, meanPerS, peakPerS, rowsBefore, sumBetween } from "./timeline-rates.ts";
import type { LastStretch, StormEvidence } from "./verdict.ts";
import { sharedIdWords, takeoversOf } from "./warnings.ts";

/** What a target sustains is a mean over so long: its best second may have been a queue that filled. */
const SUSTAINED_MS = 5000;

/** Connections that other clients took are more than an accident from this share of the fleet on. */
const DISTURBED_SHARE = 0.01;

/** What the target is known to take before a storm, of the whole fleet. */
export interface LoadBefore {
  sustained: StormEvidence["sustained"];
  /** How many it took in its best second; null where it was not seen to take any. */
  peakConnectsPerS: number | null;
  before: StormEvidence["before"];
}

export function loadBefore({ timeline }: Pick<MergedRun, "timeline">, atMs: number): LoadBefore {
  const rows = rowsBefore(timeline, atMs);
  // A target that was asked at all is there from its first connect on.
  const fromMs = rows.find((row) => row.connect_attempts > 0)?.t_ms ?? atMs;
  const sustained = (column: TimelineValue): number => bestMeanPerS(rows, column, fromMs, atMs, SUSTAINED_MS);
  const total = (column: TimelineValue): number => sumBetween(rows, column, Number.NEGATIVE_INFINITY, atMs);
  return {
    sustained: {
      connectsPerS: knownRate(sustained("connects_accepted")),
      configRequestsPerS: knownRate(sustained("config_responses")),
    },
    peakConnectsPerS: knownRate(peakPerS(rows, "connects_accepted", rows[0]?.t_ms ?? atMs, atMs)),
    before: { configRequests: total("config_requests"), configResponses: total("config_responses") },
  };
}

/** A target that was never seen to take anything may well be able to. */
function knownRate(perS: number): number | null {
  return perS > 0 ? perS : null;
}

/** The end of its window, which tells whether somebody still comes back. */
function stretchOf(
  { longestBackoffMs }: Pick<MergedRun, "longestBackoffMs">,
  storm: Pick<MergedStorm, "atMs" | "windowMs" | "overMs" | "outage">,
): { fromMs: number; endMs: number } {
  const endMs = storm.atMs + storm.windowMs;
  return { fromMs: endMs - lastStretchMs(storm.windowMs - awayMs(storm), longestBackoffMs ?? 0), endMs };
}

/** How long after its instant the last of a storm's devices could come back. */
function awayMs({ overMs = 0, outage }: Pick<MergedStorm, "overMs" | "outage">): number {
  return overMs + (outage?.forMs ?? 0);
}

/** What those who are out offer the target, which all cohorts share; so it is looked for once, not for each of them. */
export function offeredAtEnd(
  run: Pick<MergedRun, "timeline" | "longestBackoffMs">,
  storm: Pick<MergedStorm, "atMs" | "windowMs" | "overMs" | "outage">,
): StormEvidence["offered"] {
  const { fromMs, endMs } = stretchOf(run, storm);
  return {
    connectsPerS: meanPerS(run.timeline, "storm_connects", fromMs, endMs),
    configRequestsPerS: meanPerS(run.timeline, "storm_requests", fromMs, endMs),
  };
}

/** What the verdict of one storm rests on. `counts` and `rows` are of the cohorts that it is about. */
export function evidenceOf(
  run: MergedRun,
  storm: MergedStorm,
  { sustained, before }: LoadBefore,
  offered: StormEvidence["offered"],
  counts: WorkerStormCohort,
  rows: readonly TimelineRow[],
  target: number,
): StormEvidence {
  const { fromMs, endMs } = stretchOf(run, storm);
  return {
    absence: absenceOf(run, storm, target),
    closed: storm.closed,
    windowMs: storm.windowMs,
    plannedWindowMs: storm.plannedWindowMs,
    awayMs: awayMs(storm),
    longestBackoffMs: run.longestBackoffMs ?? 0,
    counts,
    lastStretch: lastStretchOf(rows, fromMs, endMs),
    offered,
    sustained,
    regions: [...storm.regionLoads].map(([name, load]) => ({
      name,
      offered: { connectsPerS: load.offeredConnects, configRequestsPerS: load.offeredRequests },
      sustained: {
        connectsPerS: knownRate(load.sustainedConnects),
        configRequestsPerS: knownRate(load.sustainedAnswers),
      },
    })),
    before,
  };
}

/** Devices that are cut so much later than others are in a storm of their own: the engine leaves them alone where it knows. */
const LATEST_MS = 1000;

/** So many containers are named. */
const MOST_NAMED = 5;

function absenceOf(run: MergedRun, storm: MergedStorm, target: number): StormEvidence["absence"] {
  const { presence, apart } = storm;
  const lacking = presence === null ? "" : presenceWords(storm, presence, affectedOf(storm));
  if (storm.missed[0] !== undefined) {
    const who = latest(storm.missed, storm.missed[0], "to it", "its instant");
    const reason = `not watched: ${who}, and left its devices alone${lacking === "" ? "" : `; ${lacking}`}`;
    return { kind: "not-watched", reason };
  }
  if (storm.startedAtMs === null && storm.withoutTimeZero.length > 0) {
    const who = firstSentences(storm.withoutTimeZero.map(containerName), MOST_NAMED, "containers").join(", ");
    const reason = `not watched: ${who} heard of no other container, had no time zero, and left all devices alone`;
    return { kind: "not-watched", reason };
  }
  if (storm.startedAtMs === null) return { kind: "did-not-happen", reason: didNotHappen(storm) };
  if (apart !== null && apart.ms > LATEST_MS) {
    const { first, last, ms } = apart;
    const reason = `not one storm: ${containerName(last)} came to it ${seconds(ms)} after ${containerName(first)}`;
    return { kind: "not-watched", reason };
  }
  // Whatever became of those that were there: the others may not have recovered.
  if (presence !== null && presence.there < presence.due * target - 1e-9) {
    return { kind: "not-watched", reason: `not the whole fleet: ${lacking}` };
  }
  // A fleet whose devices throw each other out has fewer of them than its verdict would be about.
  if (run.ownTakeovers.count > 0) {
    return {
      kind: "disturbed",
      reason: `devices of the fleet fight each other${sharedIdWords(run.ownTakeovers.examples)}`,
    };
  }
  if (run.sameIdsAs.length > 0 || takeoversOf(run) > DISTURBED_SHARE * devicesOf(run)) {
    return {
      kind: "disturbed",
      reason: "other clients with the same client ids took the devices' connections",
    };
  }
  if (storm.labEnd !== null) {
    return { kind: "not-watched", reason: `${storm.labEnd.name} ended during the run (${storm.labEnd.how})` };
  }
  if (run.longestBackoffMs === null) {
    const reason = "its files are of an older engine, which did not record what the verdict rests on";
    return { kind: "not-watched", reason };
  }
  const stops = storm.generatorsInWindow.map(({ eventLoopDelayMs }) => eventLoopDelayMs.max);
  const stallMs = Math.max(0, highest(stops) ?? 0);
  if (stallMs > storm.windowMs / 4) {
    return {
      kind: "not-watched",
      reason: `not watched: the load generator stood still for ${seconds(stallMs)} of the window`,
    };
  }
  if (storm.endMissed[0] !== undefined) {
    const who = latest(storm.endMissed, storm.endMissed[0], "to the end of its window", "it");
    return { kind: "not-watched", reason: `not watched to its end: ${who}` };
  }
  return null;
}

function affectedOf({ cohorts }: MergedStorm): number {
  return [...cohorts.values()].reduce((sum, { affected }) => sum + affected, 0);
}

function latest(all: readonly Late[], { workerId, byMs }: Late, what: string, after: string): string {
  const many = all.length > 1 ? ` (and ${all.length - 1} more)` : "";
  return `worker ${workerId}${many} came ${what} ${seconds(byMs)} after ${after}`;
}

function devicesOf({ cohorts }: MergedRun): number {
  return [...cohorts.values()].reduce((sum, { devices }) => sum + devices, 0);
}

function lastStretchOf(rows: readonly TimelineRow[], fromMs: number, endMs: number): LastStretch {
  const quarterMs = Math.max(TIMELINE_ROW_MS, (endMs - fromMs) / 4);
  const ready = (from: number): number => meanLevel(rows, "ready", from, from + quarterMs);
  return {
    ms: endMs - fromMs,
    back: sumBetween(rows, "storm_ready", fromMs, endMs),
    readyGained: ready(endMs - quarterMs) - ready(fromMs),
  };
}
