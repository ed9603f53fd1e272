import {
  histogramTag,
  printable,
  STORM_COUNTERS,
  STORM_FATES,
  type StormCounter,
  type StormFate,
  type StormMetric,
  stormEvent,
  stormMetricName,
  type WorkerStormCohort,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { highest } from "../run/highest-lowest.ts";
import { addHistograms } from "../run/histogram.ts";
import { addFields, type MergedRun, type MergedStorm } from "../run/merge.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { type GeneratorSummary, generatorSummary, saturationReasons } from "./generator.ts";
import { limitsOf } from "./limits.ts";
import { recoveryLoad } from "./lost-time.ts";
import { stormMessages } from "./message-summary.ts";
import { affectedDue } from "./presence-words.ts";
import { devicesDue, fleetDue, type RecoveryPercentiles, recoveryPercentiles } from "./recovery.ts";
import { evidenceOf, type LoadBefore, loadBefore, offeredAtEnd } from "./storm-evidence.ts";
import type { StormFields, StormSummary } from "./summary-schema.ts";
import { fleetRows, peakPerS, sumBetween } from "./timeline-rates.ts";
import { judge, type StormEvidence } from "./verdict.ts";

/** What all storms of a run are summarized from. */
interface Sources {
  /** Its timeline has one row for each time. */
  run: MergedRun;
  /** Rows of each cohort. */
  rows: ReadonlyMap<string, readonly TimelineRow[]>;
  /** Connects that the target took in its best second before the first storm; null where none are known. */
  peakConnectsPerS: number | null;
  target: number;
}

export function summarizeStorms(merged: MergedRun, target: number): StormSummary[] {
  const run = { ...merged, timeline: fleetRows(merged.timeline) };
  const firstMs = run.storms.find(({ startedAtMs }) => startedAtMs !== null)?.atMs;
  const sources: Sources = {
    run,
    rows: Map.groupBy(merged.timeline, ({ cohort }) => cohort),
    peakConnectsPerS: firstMs === undefined ? null : loadBefore(run, firstMs).peakConnectsPerS,
    target,
  };
  return run.storms.map((storm) => summarizeStorm(sources, storm));
}

/** One storm, for the whole fleet and for each cohort. */
function summarizeStorm(sources: Sources, storm: MergedStorm): StormSummary {
  const cohorts = [...storm.cohorts.keys()];
  const fields = stormFieldsOf(sources, storm, loadBefore(sources.run, storm.atMs));
  const whole = fields(cohorts);
  const byCohort = cohorts.map((name) => [name, fields([name])] as const);
  const generator = generatorOfAll(storm, whole, byCohort);
  return {
    ...whole,
    generatorSaturated: generator?.saturated ?? false,
    stormFactor: stormFactor(sources, storm),
    generator,
    ...limitsAndLostTime(sources.run, storm, whole, generator?.reasons ?? []),
    regions: Object.fromEntries(storm.regions),
    presence: storm.presence && { ...storm.presence, affectedDue: affectedDue(storm, storm.presence) },
    cohorts: Object.fromEntries(byCohort),
  };
}

/**
 * How long somebody waits at most says where the last stretch of a window begins: that of a cohort depends on its own client. What is
 * offered in it is looked for once for each such stretch.
 */
function stormFieldsOf(
  sources: Sources,
  storm: MergedStorm,
  load: LoadBefore,
): (cohorts: readonly string[]) => StormFields {
  const offers = new Map<number | null, StormEvidence["offered"]>();
  return (cohorts) => {
    const longestBackoffMs = longestWaitOf(sources.run, cohorts);
    const run = { ...sources.run, longestBackoffMs };
    const offered = offers.get(longestBackoffMs) ?? offeredAtEnd(run, storm);
    offers.set(longestBackoffMs, offered);
    return stormFields({ ...sources, run }, storm, load, offered, cohorts);
  };
}

/** Of the clients of these cohorts; where one is not known, of the whole fleet. Null in files of an engine that did not say so yet. */
function longestWaitOf({ clients, longestBackoffMs }: MergedRun, cohorts: readonly string[]): number | null {
  if (longestBackoffMs === null) return null;
  return (
    highest(cohorts.map((name) => clients.get(name)?.longestBackoffMs ?? longestBackoffMs)) ??
    longestBackoffMs
  );
}

function stormFields(
  { run, rows: byCohort, target }: Sources,
  storm: MergedStorm,
  load: LoadBefore,
  offered: StormEvidence["offered"],
  cohorts: readonly string[],
): StormFields {
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
  const [only] = cohorts;
  const rows = only !== undefined && cohorts.length === 1 ? (byCohort.get(only) ?? []) : run.timeline;
  const evidence = evidenceOf(run, storm, load, offered, counts, rows, target);
  const { verdict, absence, reason } = judge(evidence, target);
  const peak = (column: "connect_attempts" | "config_requests"): number =>
    peakPerS(rows, column, storm.atMs, storm.atMs + storm.windowMs);
  const readyMs = recoveryPercentiles(ready, due);
  const reconnect = histogram("reconnect_time");
  const reconnectMs = recoveryPercentiles(reconnect, due);
  // Older engines have measured the time from the loss alone.
  const fromStorm = (metric: StormMetric, fromLoss: Histogram): RecoveryPercentiles | null => {
    const times = histogram(metric);
    return times.totalCount === 0 && fromLoss.totalCount > 0 ? null : recoveryPercentiles(times, due);
  };
  const { refusedHere } = counts;
  return {
    index: storm.index,
    name: storm.name ?? null,
    event: stormEvent(storm),
    cause: storm.cause,
    fraction: storm.fraction,
    region: storm.region ?? null,
    onlyCohorts: storm.onlyCohorts ?? null,
    overMs: storm.overMs ?? null,
    outage: storm.outage ?? null,
    at: storm.atMs,
    windowMs: storm.windowMs,
    plannedWindowMs: storm.plannedWindowMs,
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
    generatorSaturated: generatorOf(storm, { readyMs, reconnectMs, refusedHere })?.saturated ?? false,
    refusedHere,
    readyMs,
    reconnectMs,
    readyFromStormMs: fromStorm("ready_from_storm", ready),
    reconnectFromStormMs: fromStorm("reconnect_from_storm", reconnect),
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
    regionLoads: Object.fromEntries(
      evidence.regions.map(({ name, offered, sustained }) => [name, { offered, sustained }]),
    ),
    messages: stormMessages(run, storm, cohorts),
  };
}

/** What the recovery was spent on, up to where the most of it was over. */
function limitsAndLostTime(
  run: MergedRun,
  storm: MergedStorm,
  whole: StormFields,
  generatorReasons: readonly string[],
): Pick<StormSummary, "limits" | "lostTime"> {
  if (!whole.happened || whole.affected === 0) return { limits: [], lostTime: null };
  const tookMs = whole.readyFromStormMs?.p99 ?? whole.readyMs.p99 ?? whole.windowMs;
  const endMs = storm.atMs + Math.min(tookMs, whole.windowMs);
  const { lost, stretches } = recoveryLoad(run.timeline, fleetDue(whole), storm.atMs, endMs);
  const connectsFailed = sumBetween(run.timeline, "connects_refused", storm.atMs, endMs) - whole.refusedHere;
  const evidence = {
    storm: whole,
    due: devicesDue(whole),
    connectsFailed,
    authFailures: sumBetween(run.timeline, "auth_failures", storm.atMs, endMs),
    lost,
    stretches,
    generatorReasons,
  };
  return { limits: limitsOf(evidence), lostTime: lost };
}

type ReportedOfStorm = Pick<StormFields, "readyMs" | "reconnectMs" | "refusedHere">;

/**
 * The generator while devices came back, held against the times of that recovery; and over the whole window, whose quiet end says
 * less, but in which others may still be kept out.
 */
function generatorOf(storm: MergedStorm, reported: ReportedOfStorm): GeneratorSummary | null {
  const { readyMs, reconnectMs, refusedHere } = reported;
  const reportedMs = [readyMs.p50, readyMs.p90, readyMs.p99, reconnectMs.p99];
  const recovery = generatorSummary({ workers: storm.generators, reportedMs, refusedHere });
  if (recovery === null || recovery.saturated) return recovery;
  const reasons = saturationReasons({
    workers: storm.generatorsInWindow,
    reportedMs: [],
    refusedHere: 0,
  }).map((reason) => `${reason} (over the whole window)`);
  return { ...recovery, saturated: reasons.length > 0, reasons };
}

/** Where only a cohort's own times are short enough to show it, the storm is marked with that cohort's reasons. */
function generatorOfAll(
  storm: MergedStorm,
  whole: ReportedOfStorm,
  cohorts: readonly (readonly [string, StormFields])[],
): GeneratorSummary | null {
  const ofWhole = generatorOf(storm, whole);
  if (ofWhole === null || ofWhole.saturated || cohorts.length === 1) return ofWhole;
  const saturated = cohorts.filter(([, { generatorSaturated }]) => generatorSaturated);
  const reasons = saturated.flatMap(([name, fields]) =>
    (generatorOf(storm, fields)?.reasons ?? []).map((reason) => `cohort ${printable(name)}: ${reason}`),
  );
  return { ...ofWhole, saturated: reasons.length > 0, reasons };
}

/**
 * Seconds of the target's work that a storm brings in one instant: devices cut per connect that it took in a second before
 * the first storm. It may well take more than it was offered, so this is an upper bound. Null for a storm that takes its time.
 */
function stormFactor({ peakConnectsPerS }: Sources, storm: MergedStorm): number | null {
  const affected = [...storm.cohorts.values()].reduce((sum, counts) => sum + counts.affected, 0);
  return affected > 0 && peakConnectsPerS !== null && storm.overMs === undefined
    ? affected / peakConnectsPerS
    : null;
}

const NONE: WorkerStormCohort = {
  selected: 0,
  affected: 0,
  recovered: 0,
  refusedHere: 0,
  ...(Object.fromEntries(STORM_FATES.map((name) => [name, 0])) as Record<StormFate, number>),
  ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
};
