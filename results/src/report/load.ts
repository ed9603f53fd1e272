import { histogramTag, stormMetricName, TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { bucketsOf } from "../histogram.ts";
import { getOrAdd, groupBy } from "../maps.ts";
import type { MergedRun } from "../merge.ts";
import type { TimelineRow } from "../timeline.ts";

/** Means over the second that ends at `tMs` (since time zero): their highest is the peak that summary.json names. */
export interface LoadPoint {
  tMs: number;
  connectAttemptsPerS: number;
  configRequestsPerS: number;
  readyPerS: number;
}

export interface CohortLoad {
  /** Null: the whole fleet. */
  cohort: string | null;
  points: LoadPoint[];
  /** The same, thinned to what a table can hold. */
  rows: LoadPoint[];
}

type Rates = Omit<LoadPoint, "tMs">;
type Events = Map<number, Rates>;

const LONGEST_SERIES = 2000;
const LONGEST_TABLE = 60;

/** Offered load and goodput of the whole fleet, then of each cohort if there are several. */
export function loadOf(run: MergedRun): CohortLoad[] {
  const byCohort = groupBy(run.timeline, ({ cohort }) => cohort);
  const cohorts = [...new Set([...run.cohorts.keys(), ...byCohort.keys()])];
  const events = cohorts.map((cohort) => eventsOf(run, cohort, byCohort.get(cohort) ?? []));
  const all = cohortLoad(null, sumEvents(events));
  if (cohorts.length < 2) return [all];
  return [all, ...cohorts.map((cohort, i) => cohortLoad(cohort, events[i] ?? new Map()))];
}

function cohortLoad(cohort: string | null, events: Events): CohortLoad {
  const points = secondMeans(events);
  return { cohort, points: keepPeaks(points, LONGEST_SERIES), rows: keepPeaks(points, LONGEST_TABLE) };
}

/** Counts per timeline row of one cohort, by the start of the row. */
function eventsOf(run: MergedRun, cohort: string, rows: readonly TimelineRow[]): Events {
  const events: Events = new Map();
  const grid = rows[0]?.t_ms ?? 0;
  let readyBefore = 0;
  for (const row of rows) {
    const at = eventAt(events, row.t_ms);
    at.connectAttemptsPerS += row.connect_attempts;
    at.configRequestsPerS += row.config_requests;
    // A level hides who left and came back within one row, so a storm's own histogram counts inside its window.
    if (!inWindow(run, row.t_ms)) at.readyPerS += Math.max(0, row.ready - readyBefore);
    readyBefore = row.ready;
  }
  for (const storm of run.storms) {
    const ready = run.histograms.get(histogramTag(stormMetricName(storm.index, "ready_time"), cohort));
    if (ready === undefined) continue;
    for (const { highUs, count } of bucketsOf(ready)) {
      const sinceMs = Math.min(highUs / 1000, storm.windowMs - 1);
      const slot = Math.floor((storm.atMs + sinceMs - grid) / TIMELINE_ROW_MS);
      eventAt(events, grid + slot * TIMELINE_ROW_MS).readyPerS += count;
    }
  }
  return events;
}

function inWindow(run: MergedRun, tMs: number): boolean {
  return run.storms.some(
    ({ startedAtMs, atMs, windowMs }) => startedAtMs !== null && tMs >= atMs && tMs < atMs + windowMs,
  );
}

function eventAt(events: Events, tMs: number): Rates {
  return getOrAdd(events, tMs, () => ({ connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: 0 }));
}

function sumEvents(all: readonly Events[]): Events {
  const sums: Events = new Map();
  for (const [tMs, rates] of all.flatMap((events) => [...events])) add(eventAt(sums, tMs), rates, 1);
  return sums;
}

function add(sum: Rates, rates: Rates, sign: 1 | -1): void {
  sum.connectAttemptsPerS += sign * rates.connectAttemptsPerS;
  sum.configRequestsPerS += sign * rates.configRequestsPerS;
  sum.readyPerS += sign * rates.readyPerS;
}

function secondMeans(events: Events): LoadPoint[] {
  const sorted = [...events].sort(([a], [b]) => a - b);
  const second: Rates = { connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: 0 };
  let oldest = 0;
  return sorted.map(([tMs, rates]) => {
    add(second, rates, 1);
    for (let old = sorted[oldest]; old && old[0] <= tMs - 1000; old = sorted[oldest]) {
      add(second, old[1], -1);
      oldest++;
    }
    return { tMs: tMs + TIMELINE_ROW_MS, ...second };
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
    peak.connectAttemptsPerS = Math.max(peak.connectAttemptsPerS, point.connectAttemptsPerS);
    peak.configRequestsPerS = Math.max(peak.configRequestsPerS, point.configRequestsPerS);
    peak.readyPerS = Math.max(peak.readyPerS, point.readyPerS);
  }
  return [...stretches.values()];
}
