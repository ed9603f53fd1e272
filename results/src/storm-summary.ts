import {
  histogramTag,
  STORM_COUNTERS,
  STORM_FATES,
  type StormCounter,
  type StormFate,
  type StormMetric,
  stormMetricName,
  TIMELINE_ROW_MS,
  type WorkerStormCohort,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { type GeneratorEvidence, generatorSummary, saturationReasons } from "./generator.ts";
import { addHistograms } from "./histogram.ts";
import { addFields, type MergedRun, type MergedStorm } from "./merge.ts";
import { devicesDue, recoveryPercentiles } from "./recovery.ts";
import { evidenceOf } from "./storm-evidence.ts";
import type { StormFields, StormSummary } from "./summary-schema.ts";
import { peakPerS, series } from "./timeline.ts";
import { judge } from "./verdict.ts";

/** One storm, for the whole fleet and for each cohort. */
export function summarizeStorm(run: MergedRun, storm: MergedStorm, target: number): StormSummary {
  const cohorts = [...storm.cohorts.keys()];
  const whole = stormFields(run, storm, cohorts, target);
  return {
    ...whole,
    stormFactor: stormFactor(run, storm),
    generator: generatorSummary(generatorEvidence(storm, whole)),
    regions: Object.fromEntries(storm.regions),
    cohorts: Object.fromEntries(cohorts.map((name) => [name, stormFields(run, storm, [name], target)])),
  };
}

function stormFields(run: MergedRun, storm: MergedStorm, cohorts: string[], target: number): StormFields {
  const counts = cohorts.reduce((sum, name) => addFields(sum, storm.cohorts.get(name) ?? NONE), NONE);
  const { selected, affected, recovered } = counts;
  const due = devicesDue(counts);
  const histogram = (metric: StormMetric): Histogram =>
    addHistograms(
      cohorts.flatMap(
        (name) => run.histograms.get(histogramTag(stormMetricName(storm.index, metric), name)) ?? [],
      ),
    );
  const [ready, spread] = [histogram("ready_time"), histogram("drop_spread")];
  const { p50, p99, max } = recoveryPercentiles(spread, spread.totalCount);
  const rows = run.timeline.filter((row) => cohorts.includes(row.cohort));
  const evidence = evidenceOf(run, storm, counts, rows);
  const { verdict, absence, reason } = judge(evidence, target);
  const peak = (column: "connect_attempts" | "config_requests"): number =>
    peakPerS(series(rows, column, storm.atMs, storm.atMs + storm.windowMs));
  const readyMs = recoveryPercentiles(ready, due);
  return {
    index: storm.index,
    cause: storm.cause,
    fraction: storm.fraction,
    region: storm.region ?? null,
    at: storm.atMs,
    windowMs: storm.windowMs,
    happened: storm.startedAtMs !== null,
    closed: storm.closed,
    selected,
    affected,
    ...(Object.fromEntries(STORM_FATES.map((name) => [name, counts[name]])) as Record<StormFate, number>),
    dropSpreadMs: { p50, p99, max },
    recovered,
    unrecovered: Math.max(0, due - recovered),
    verdict,
    verdictAbsence: absence,
    verdictReason: reason,
    generatorSaturated:
      saturationReasons(generatorEvidence(storm, { readyMs, refusedHere: counts.refusedHere })).length > 0,
    refusedHere: counts.refusedHere,
    readyMs,
    reconnectMs: recoveryPercentiles(histogram("reconnect_time"), due),
    ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, counts[name]])) as Record<
      StormCounter,
      number
    >),
    amplification: {
      connect: affected > 0 ? counts.connectAttempts / affected : null,
      config: affected > 0 ? counts.configRequests / affected : null,
    },
    peak: { connectAttemptsPerS: peak("connect_attempts"), configRequestsPerS: peak("config_requests") },
    lastStretch: { ms: evidence.lastStretch.ms, back: evidence.lastStretch.back, offered: evidence.offered },
    sustained: evidence.sustained,
  };
}

/** The generator while devices recovered, held against the times of that recovery. */
function generatorEvidence(
  { generators }: MergedStorm,
  { readyMs, refusedHere }: Pick<StormFields, "readyMs" | "refusedHere">,
): GeneratorEvidence {
  return { workers: generators, reportedMs: [readyMs.p50, readyMs.p90, readyMs.p99], refusedHere };
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

const NONE: WorkerStormCohort = {
  selected: 0,
  affected: 0,
  recovered: 0,
  refusedHere: 0,
  ...(Object.fromEntries(STORM_FATES.map((name) => [name, 0])) as Record<StormFate, number>),
  ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
};
