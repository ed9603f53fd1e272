import { histogramTag, stormMetricName, TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { bucketsOf } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { type RatePoint, type RateSeries, rateSeries, sumEvents } from "./rate-series.ts";

/** Their highest means over one second are the peaks that summary.json names. */
const LOAD_RATES = ["connectAttemptsPerS", "configRequestsPerS", "readyPerS"] as const;
type LoadRate = (typeof LOAD_RATES)[number];

export interface CohortLoad extends RateSeries<LoadRate> {
  /** Null is the whole fleet. */
  cohort: string | null;
}

export type LoadRates = Record<LoadRate, number>;

/** What a cohort did in one row of the timeline. */
type Event = RatePoint<LoadRate>;

/** Offered load and goodput of the whole fleet, then of each cohort if there are several. */
export function loadOf(run: MergedRun): CohortLoad[] {
  const byCohort = Map.groupBy(run.timeline, ({ cohort }) => cohort);
  const cohorts = [...new Set([...run.cohorts.keys(), ...byCohort.keys()])];
  const events = cohorts.map((cohort) => eventsOf(run, cohort, byCohort.get(cohort) ?? []));
  const all = { cohort: null, ...rateSeries(LOAD_RATES, sumEvents(LOAD_RATES, events)) };
  if (cohorts.length < 2) return [all];
  return [all, ...cohorts.map((cohort, i) => ({ cohort, ...rateSeries(LOAD_RATES, events[i] ?? []) }))];
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
  return inStorms.length === 0 ? events : sumEvents(LOAD_RATES, [events, inStorms]);
}

function inWindow(run: MergedRun, tMs: number): boolean {
  return run.storms.some(
    ({ startedAtMs, atMs, windowMs }) => startedAtMs !== null && tMs >= atMs && tMs < atMs + windowMs,
  );
}
