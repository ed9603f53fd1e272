import { highest } from "../run/highest-lowest.ts";
import type { MergedRun, MergedStorm } from "../run/merge.ts";
import { stormHistograms } from "./cohort-histograms.ts";
import { type RecoveryPoint, recoveryCurve } from "./recovery.ts";

/** How the cohorts of one storm recovered, side by side. */
export interface StormRecovery {
  storm: number;
  cohorts: RecoveredCohort[];
  /** After so long there is nothing more to see. */
  shownMs: number;
  curve: SharesOverTime;
  /** The curve, thinned to what a table can hold. */
  table: SharesOverTime;
}

export interface RecoveredCohort {
  /** Null is the whole fleet, which stands first where there are several cohorts. */
  cohort: string | null;
  due: number;
  /** Share of them that was ready when the window ended. */
  reached: number;
}

/** The share of each cohort that was ready again at each of these times since the storm. */
export interface SharesOverTime {
  timesMs: number[];
  /** Cohorts stand in their order, and each has a value for each of the times. */
  shares: number[][];
}

const LONGEST_CURVE = 1000;
const LONGEST_TABLE = 40;
/** A curve that has come to its end is shown for so many times as long as that took. */
const SHOWN_PER_TAKEN = 1.15;

/** Returns null where nobody was affected. */
export function stormRecovery(run: MergedRun, storm: MergedStorm): StormRecovery | null {
  const cohorts = stormHistograms(run, storm, "ready_time").map(({ cohort, due, histogram }) => {
    // Only devices inside the window are recorded, but the upper end of the last bucket can lie past it.
    const points = recoveryCurve(histogram, due ?? 0).map(({ tMs, share }) => ({
      tMs: Math.min(tMs, storm.windowMs),
      share,
    }));
    const end = points.at(-1) ?? null;
    const thinned = (most: number): RecoveryPoint[] => lastOfEach(points, (end?.tMs ?? 1) / most);
    return { cohort, due: due ?? 0, end, curve: thinned(LONGEST_CURVE), table: thinned(LONGEST_TABLE) };
  });
  if (cohorts.length === 0) return null;
  const curves = cohorts.map(({ curve }) => curve);
  const shownMs = Math.min(storm.windowMs, endOfInterestMs(cohorts.map(({ end }) => end)));
  return {
    storm: storm.index,
    cohorts: cohorts.map(({ cohort, due, end }) => ({ cohort, due, reached: end?.share ?? 0 })),
    shownMs,
    curve: sharesAt([0, shownMs, ...timesOf(curves)], curves),
    table: sharesAt(timesOf(cohorts.map(({ table }) => table)), curves),
  };
}

/** The curve only rises, so the last point of a stretch of time says what is known at its end. */
function lastOfEach(points: readonly RecoveryPoint[], stretchMs: number): RecoveryPoint[] {
  return [...new Map(points.map((point) => [Math.floor(point.tMs / stretchMs), point])).values()];
}

/** Past the last device that became ready nothing happens, unless some never did: then all that was watched counts. */
function endOfInterestMs(ends: readonly (RecoveryPoint | null)[]): number {
  const complete = ends.filter((end) => end !== null && end.share > 1 - 1e-9).map((end) => end?.tMs ?? 0);
  const lastMs = complete.length === ends.length ? highest(complete) : null;
  return lastMs === null ? Number.POSITIVE_INFINITY : lastMs * SHOWN_PER_TAKEN;
}

function timesOf(curves: readonly (readonly RecoveryPoint[])[]): number[] {
  return curves.flatMap((points) => points.map(({ tMs }) => tMs));
}

/** What several curves have reached at each of these times. */
export function sharesAt(
  times: readonly number[],
  curves: readonly (readonly RecoveryPoint[])[],
): SharesOverTime {
  const timesMs = [...new Set(times)].sort((a, b) => a - b);
  return { timesMs, shares: curves.map((points) => stepped(points, timesMs)) };
}

/** What was reached holds until the next point. */
function stepped(points: readonly RecoveryPoint[], timesMs: readonly number[]): number[] {
  let next = 0;
  let share = 0;
  return timesMs.map((timeMs) => {
    for (let point = points[next]; point && point.tMs <= timeMs; point = points[++next]) share = point.share;
    return share;
  });
}

/** The recoveries of several storms, over the time since each. */
export interface StormsOverlaid {
  storms: number[];
  shownMs: number;
  curve: SharesOrNothing;
  /** The curve, thinned to what a table can hold. */
  table: SharesOrNothing;
}

/** As `SharesOverTime`, by storm; null once a storm that not all came back from is not shown any more. */
export interface SharesOrNothing {
  timesMs: number[];
  shares: (number | null)[][];
}

/** So many times of all storms together: a page with dozens of storms is to stay a small one. */
const LONGEST_OVERLAY = 600;

/** The whole fleet after each storm. */
export function stormsOverlaid(recovery: readonly StormRecovery[]): StormsOverlaid {
  const shownMs = highest(recovery.map((one) => one.shownMs)) ?? 0;
  const curves = recovery.map(({ curve }) =>
    curve.timesMs.map((tMs, i) => ({ tMs, share: curve.shares[0]?.[i] ?? 0 })),
  );
  const all = timesOf(curves).sort((a, b) => a - b);
  const thinned = (most: number): SharesOrNothing => {
    const stretchMs = Math.max(1, shownMs) / most;
    const timesMs = [...new Map(all.map((tMs) => [Math.floor(tMs / stretchMs), tMs])).values()];
    const { timesMs: times, shares } = sharesAt([0, ...timesMs, shownMs], curves);
    const isKnown = (tMs: number, one: StormRecovery | undefined): boolean =>
      one !== undefined && (tMs <= one.shownMs || (one.cohorts[0]?.reached ?? 0) > 1 - 1e-9);
    return {
      timesMs: times,
      shares: shares.map((own, i) =>
        own.map((share, at) => (isKnown(times[at] ?? 0, recovery[i]) ? share : null)),
      ),
    };
  };
  return {
    storms: recovery.map(({ storm }) => storm),
    shownMs,
    curve: thinned(LONGEST_OVERLAY),
    table: thinned(LONGEST_TABLE),
  };
}

/** The curves of a forecast with those that were measured behind them. */
export function besideMeasured(
  forecast: readonly StormRecovery[],
  measured: readonly StormRecovery[],
): StormRecovery[] {
  return forecast.map((one) => {
    const other = measured.find(({ storm }) => storm === one.storm);
    return other === undefined ? one : recoveriesTogether(one, other, ["FORECAST", "measured"]);
  });
}

/** The curves of two runs of the same storm, each cohort under the word of its run. */
export function recoveriesTogether(
  one: StormRecovery,
  other: StormRecovery,
  words: readonly [string, string],
): StormRecovery {
  const named = (word: string, { cohorts }: StormRecovery): RecoveredCohort[] =>
    cohorts.map((own) => ({ ...own, cohort: `${word}: ${own.cohort ?? "all cohorts"}` }));
  return {
    storm: one.storm,
    cohorts: [...named(words[0], one), ...named(words[1], other)],
    shownMs: Math.max(one.shownMs, other.shownMs),
    curve: together(one.curve, other.curve),
    table: together(one.table, other.table),
  };
}

/** One cohort of it alone; null where the storm had none of that name. Of a fleet of one cohort that cohort is the fleet. */
export function recoveryOf(recovery: StormRecovery, cohort: string | null): StormRecovery | null {
  const { cohorts } = recovery;
  const isFleet = cohort === null && cohorts.length === 1;
  const at = isFleet ? 0 : cohorts.findIndex((one) => one.cohort === cohort);
  const only = cohorts[at];
  if (only === undefined) return null;
  const alone = ({ timesMs, shares }: SharesOverTime): SharesOverTime => ({
    timesMs,
    shares: [shares[at] ?? []],
  });
  return { ...recovery, cohorts: [only], curve: alone(recovery.curve), table: alone(recovery.table) };
}

function together(a: SharesOverTime, b: SharesOverTime): SharesOverTime {
  return sharesAt([...a.timesMs, ...b.timesMs], [...pointsOf(a), ...pointsOf(b)]);
}

function pointsOf({ timesMs, shares }: SharesOverTime): RecoveryPoint[][] {
  return shares.map((own) => timesMs.map((tMs, i) => ({ tMs, share: own[i] ?? 0 })));
}
