import { type CohortCounts, Recorder } from "../../engine/src/capture/recorder.ts";
import {
  COUNTER_NAMES,
  type CounterName,
  TIMELINE_COLUMNS,
  type TimelineColumn,
} from "../../engine/src/contract.ts";
import { NAMED, type Named } from "../../engine/src/device/events.ts";
import { Violation } from "./violation.ts";

/** Cohorts of every case. */
export const COHORTS: readonly string[] = ["a", "b"];

export interface Gains extends Record<Named, number> {
  counters: Record<CounterName, number>;
}

/**
 * The engine's own recorder, one for all cases: its histograms are WebAssembly's, which nobody frees. What a case adds to it is
 * the difference. Its clock goes on from case to case, and stands still in those that do not look at the timeline.
 */
export class SharedRecorder {
  readonly recorder: Recorder;
  #baseMs = 0;
  #caseClock: (() => number) | null = null;
  #before: Gains[] = [];

  constructor() {
    const clock = (): number => this.#baseMs + (this.#caseClock?.() ?? 0);
    this.recorder = new Recorder(COHORTS, { emit: () => {} }, clock);
  }

  /** @param clock milliseconds since the case began, for its timeline; null for none */
  begin(clock: (() => number) | null): void {
    this.#caseClock = clock;
    this.recorder.timeline.take(true);
    this.#before = COHORTS.map((_, cohort) => sums(this.recorder.counters(cohort)));
  }

  /** All devices have ended: what follows is not part of the case's timeline. */
  stopClock(): void {
    const lastMs = this.#caseClock?.();
    if (lastMs !== undefined) this.#caseClock = () => lastMs;
  }

  end(): void {
    this.#baseMs += this.#caseClock?.() ?? 0;
    this.#caseClock = null;
  }

  /** What the case has added to the counts of a cohort. */
  gains(cohort: number): Gains {
    const now = sums(this.recorder.counters(cohort));
    const before = this.#before[cohort] as Gains;
    const gained = { ...now, counters: { ...now.counters } };
    for (const name of COUNTER_NAMES) gained.counters[name] -= before.counters[name];
    for (const table of NAMED) gained[table] -= before[table];
    return gained;
  }

  /** The rows of the case's timeline add up to its counters, and end with nobody there. */
  checkTimeline(gains: readonly Gains[]): void {
    const rows = this.recorder.timeline.take(true).map((line) => line.split(","));
    COHORTS.forEach((name, cohort) => {
      const own = rows.filter(([, of]) => of === name);
      const sum = (column: TimelineColumn): number => {
        const place = TIMELINE_COLUMNS.indexOf(column);
        return own.reduce((total, row) => total + Number(row[place]), 0);
      };
      const { counters } = gains[cohort] as Gains;
      same("connect_attempts", sum("connect_attempts"), counters.connectAttempts);
      same("connects_accepted", sum("connects_accepted"), counters.connectsAccepted);
      same("connects_refused", sum("connects_refused"), counters.connectsRefused);
      same("config_requests", sum("config_requests"), counters.configRequests);
      same("config_responses", sum("config_responses"), counters.configResponses);
      const last = own.at(-1);
      for (const level of ["online", "ready"] as const)
        same(`${level} at the end`, Number(last?.[TIMELINE_COLUMNS.indexOf(level)]), 0);
    });
  }
}

function sums({ counters, ...counts }: CohortCounts): Gains {
  const total = (table: Named): number => Object.values(counts[table]).reduce((sum, count) => sum + count, 0);
  return {
    counters: { ...counters },
    refused: total("refused"),
    disconnects: total("disconnects"),
    serverDisconnects: total("serverDisconnects"),
    stopped: total("stopped"),
    gaveUp: total("gaveUp"),
    errors: total("errors"),
  };
}

export function same(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Violation(`${what}: ${actual} instead of ${expected}`);
}
