import { histogramTag, stormMetricName, TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { getOrAdd } from "../run/get-or-add.ts";
import { bucketsOf } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import type { TimelineRow } from "../run/timeline.ts";

/** Means over the second that ends at `tMs` (since time zero): their highest is the peak that summary.json names. */
export interface LoadPoint {
  tMs: number;
  connectAttemptsPerS: number;
  configRequestsPerS: number;
  readyPerS: number;
}

export interface CohortLoad {
  /** Null is the whole fleet. */
  cohort: string | null;
  points: LoadPoint[];
  /** The points, thinned to what a table can hold. */
  rows: LoadPoint[];
  peak: LoadRates;
}

export type LoadRates = Omit<LoadPoint, "tMs">;

/** What a cohort did in one row of the timeline, by its start. */
type Event = LoadPoint;

const LONGEST_SERIES = 2000;
const LONGEST_TABLE = 60;

/** Offered load and goodput of the whole fleet, then of each cohort if there are several. */
export function loadOf(run: MergedRun): CohortLoad[] {
  const byCohort = Map.groupBy(run.timeline, ({ cohort }) => cohort);
  const cohorts = [...new Set([...run.cohorts.keys(), ...byCohort.keys()])];
  const events = cohorts.map((cohort) => eventsOf(run, cohort, byCohort.get(cohort) ?? []));
  const all = cohortLoad(null, sumEvents(events));
  if (cohorts.length < 2) return [all];
  return [all, ...cohorts.map((cohort, i) => cohortLoad(cohort, events[i] ?? []))];
}

function cohortLoad(cohort: string | null, events: readonly Event[]): CohortLoad {
  const points = secondMeans(events);
  return {
    cohort,
    points: keepPeaks(points, LONGEST_SERIES),
    rows: keepPeaks(points, LONGEST_TABLE),
    peak: peakOf(points),
  };
}

function peakOf(points: readonly LoadPoint[]): LoadRates {
  const peak: LoadRates = { connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: 0 };
  for (const point of points) raise(peak, point);
  return peak;
}

function raise(peak: LoadRates, rates: LoadRates): void {
  peak.connectAttemptsPerS = Math.max(peak.connectAttemptsPerS, rates.connectAttemptsPerS);
  peak.configRequestsPerS = Math.max(peak.configRequestsPerS, rates.configRequestsPerS);
  peak.readyPerS = Math.max(peak.readyPerS, rates.readyPerS);
}

/** Events are sorted by time. */
function eventsOf(run: MergedRun, cohort: string, rows: readonly TimelineRow[]): Event[] {
  const grid = rows[0]?.t_ms ?? 0;
  let readyBefore = 0;
  const events = rows.map((row) => {
    // A level hides who left and came back within one row, so a storm's own histogram counts inside its window.
    const gained = inWindow(run, row.t_ms) ? 0 : Math.max(0, row.ready - readyBefore);
    readyBefore = row.ready;
    return {
      tMs: row.t_ms,
      connectAttemptsPerS: row.connect_attempts,
      configRequestsPerS: row.config_requests,
      readyPerS: gained,
    };
  });
  const inStorms: Event[] = [];
  for (const storm of run.storms) {
    const ready = run.histograms.get(histogramTag(stormMetricName(storm.index, "ready_time"), cohort));
    if (ready === undefined) continue;
    for (const { highUs, count } of bucketsOf(ready)) {
      const sinceMs = Math.min(highUs / 1000, storm.windowMs - 1);
      const slot = Math.floor((storm.atMs + sinceMs - grid) / TIMELINE_ROW_MS);
      const tMs = grid + slot * TIMELINE_ROW_MS;
      inStorms.push({ tMs, connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: count });
    }
  }
  return inStorms.length === 0 ? events : sumEvents([events, inStorms]);
}

function inWindow(run: MergedRun, tMs: number): boolean {
  return run.storms.some(
    ({ startedAtMs, atMs, windowMs }) => startedAtMs !== null && tMs >= atMs && tMs < atMs + windowMs,
  );
}

function sumEvents(all: readonly (readonly Event[])[]): Event[] {
  const sums = new Map<number, Event>();
  for (const events of all) {
    for (const event of events) {
      const sum = sums.get(event.tMs);
      if (sum === undefined) sums.set(event.tMs, { ...event });
      else add(sum, event, 1);
    }
  }
  return [...sums.values()].sort((a, b) => a.tMs - b.tMs);
}

function add(sum: LoadRates, rates: LoadRates, sign: 1 | -1): void {
  sum.connectAttemptsPerS += sign * rates.connectAttemptsPerS;
  sum.configRequestsPerS += sign * rates.configRequestsPerS;
  sum.readyPerS += sign * rates.readyPerS;
}

function secondMeans(events: readonly Event[]): LoadPoint[] {
  const second: LoadRates = { connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: 0 };
  let oldest = 0;
  return events.map((event) => {
    add(second, event, 1);
    for (let old = events[oldest]; old && old.tMs <= event.tMs - 1000; old = events[++oldest]) {
      add(second, old, -1);
    }
    return { tMs: event.tMs + TIMELINE_ROW_MS, ...second };
  });
}

/** At most `most` points; each stands for a stretch of time and has the highest values in it. */
export function keepPeaks(points: readonly LoadPoint[], most: number): LoadPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length <= most) return [...points];
  const rows = Math.ceil((last.tMs - first.tMs + TIMELINE_ROW_MS) / TIMELINE_ROW_MS / most);
  const stretches = new Map<number, LoadPoint>();
  for (const point of points) {
    const stretch = Math.floor((point.tMs - first.tMs) / (rows * TIMELINE_ROW_MS));
    const peak = getOrAdd(stretches, stretch, () => ({ ...point }));
    peak.tMs = point.tMs;
    raise(peak, point);
  }
  return [...stretches.values()];
}
