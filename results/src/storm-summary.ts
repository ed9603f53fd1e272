import {
  histogramTag,
  STORM_COUNTERS,
  type StormCause,
  type StormCounter,
  type StormMetric,
  stormMetricName,
  TIMELINE_ROW_MS,
  type WorkerStormCohort,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { addHistograms, countBetween } from "./histogram.ts";
import { addFields, type MergedRun, type MergedStorm } from "./merge.ts";
import { recoveryPercentiles } from "./recovery.ts";
import { absence } from "./storm-words.ts";
import type { StormFields, StormSummary } from "./summary-schema.ts";
import { peakPerS, series, type TimelineRow, type TimelineValue } from "./timeline.ts";
import { judge, type Load } from "./verdict.ts";

/** One storm, for the whole fleet and for each cohort. */
export function summarizeStorm(run: MergedRun, storm: MergedStorm, target: number): StormSummary {
  const cohorts = [...storm.cohorts.keys()];
  return {
    ...stormFields(run, storm, cohorts, target),
    stormFactor: stormFactor(run, storm),
    generator: storm.generator,
    regions: Object.fromEntries(storm.regions),
    cohorts: Object.fromEntries(cohorts.map((name) => [name, stormFields(run, storm, [name], target)])),
  };
}

function stormFields(run: MergedRun, storm: MergedStorm, cohorts: string[], target: number): StormFields {
  const counts = cohorts.reduce((sum, name) => addFields(sum, storm.cohorts.get(name) ?? NONE), NONE);
  const { selected, affected, recovered } = counts;
  const histogram = (metric: StormMetric): Histogram =>
    addHistograms(
      cohorts.flatMap(
        (name) => run.histograms.get(histogramTag(stormMetricName(storm.index, metric), name)) ?? [],
      ),
    );
  const [ready, spread] = [histogram("ready_time"), histogram("drop_spread")];
  const { p50, p99, max } = recoveryPercentiles(spread, spread.totalCount);
  const rows = run.timeline.filter((row) => cohorts.includes(row.cohort));
  const connectAttempts = loadOf(rows, "connect_attempts", storm);
  const configRequests = loadOf(rows, "config_requests", storm);
  // Of devices that the storm's cause took away one after the other, each has its own time: those lost last are in the last
  // quarter a little sooner.
  const lastLossMs = WATCHED.has(storm.cause) ? (max ?? 0) : 0;
  const lastQuarterMs = Math.max(0, storm.windowMs * 0.75 - lastLossMs);
  const readyInLastQuarter = countBetween(ready, lastQuarterMs, storm.windowMs);
  const happened = storm.startedAtMs !== null;
  const { verdict, reason } = judge(
    {
      absence: happened ? null : absence(storm),
      closed: storm.closed,
      affected,
      recovered,
      readyInLastQuarter,
      connectAttempts,
      configRequests,
    },
    target,
  );
  return {
    index: storm.index,
    cause: storm.cause,
    fraction: storm.fraction,
    region: storm.region ?? null,
    at: storm.atMs,
    windowMs: storm.windowMs,
    happened,
    closed: storm.closed,
    selected,
    affected,
    dropSpreadMs: { p50, p99, max },
    recovered,
    unrecovered: Math.max(0, affected - recovered),
    verdict,
    verdictReason: reason,
    generatorSaturated: storm.generator?.saturated ?? false,
    readyMs: recoveryPercentiles(ready, affected),
    reconnectMs: recoveryPercentiles(histogram("reconnect_time"), affected),
    ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, counts[name]])) as Record<
      StormCounter,
      number
    >),
    amplification: {
      connect: affected > 0 ? counts.connectAttempts / affected : null,
      config: affected > 0 ? counts.configRequests / affected : null,
    },
    peak: { connectAttemptsPerS: connectAttempts.peakPerS, configRequestsPerS: configRequests.peakPerS },
    lastQuarter: {
      connectAttemptsPerS: connectAttempts.lastQuarterPerS,
      configRequestsPerS: configRequests.lastQuarterPerS,
      ready: readyInLastQuarter,
    },
  };
}

/**
 * Seconds of the target's work that a storm brings in one instant: devices cut per connect that it took in a second before
 * the first storm. It may well take more than it was offered, so this is an upper bound.
 */
function stormFactor(run: MergedRun, storm: MergedStorm): number | null {
  const affected = [...storm.cohorts.values()].reduce((sum, counts) => sum + counts.affected, 0);
  const firstMs = Math.min(...run.storms.flatMap((one) => (one.startedAtMs === null ? [] : one.atMs)));
  const before = run.timeline.filter((row) => row.t_ms + TIMELINE_ROW_MS <= firstMs);
  const from = before[0]?.t_ms;
  if (affected === 0 || from === undefined) return null;
  const untilMs = (before.at(-1)?.t_ms ?? from) + TIMELINE_ROW_MS;
  const connectsPerS = peakPerS(series(before, "connects_accepted", from, untilMs));
  return connectsPerS > 0 ? affected / connectsPerS : null;
}

/** Causes that do not take all devices away in one instant. */
const WATCHED: ReadonlySet<StormCause> = new Set(["exec", "external"]);

const NONE: WorkerStormCohort = {
  selected: 0,
  affected: 0,
  recovered: 0,
  ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
};

function loadOf(rows: TimelineRow[], column: TimelineValue, storm: MergedStorm): Load {
  const endMs = storm.atMs + storm.windowMs;
  return {
    peakPerS: peakPerS(series(rows, column, storm.atMs, endMs)),
    // Not the mean over the quarter: a fleet without jitter retries in bursts, with silence between them.
    lastQuarterPerS: peakPerS(series(rows, column, endMs - storm.windowMs / 4, endMs)),
  };
}
