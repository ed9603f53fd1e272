import type { Summary } from "../../results/src/judge/summary-schema.ts";

/** What is held against each other: measured, and in virtual time. */
export interface Outcome {
  storms: StormOutcome[];
  /** The generator was the bottleneck in a storm: what was measured is at least partly about it. */
  generatorSaturated: boolean;
}

export interface StormOutcome {
  /** Counts from 1. */
  index: number;
  fleet: number;
  affected: number;
  recovered: number;
  /** From the storm's instant until so many of the affected devices were ready again, milliseconds; null where the window ended before. */
  readyMs: Record<Percentile, number | null>;
  /** The verdict, or why there is none. */
  verdict: string;
}

export const PERCENTILES = ["p50", "p90", "p99"] as const;
export type Percentile = (typeof PERCENTILES)[number];

export function outcomeOf(summary: Summary): Outcome {
  return {
    storms: summary.storms.map(
      ({ index, fleet, affected, recovered, readyMs, verdict, verdictAbsence }): StormOutcome => ({
        index,
        fleet,
        affected,
        recovered,
        readyMs: { p50: readyMs.p50, p90: readyMs.p90, p99: readyMs.p99 },
        verdict: verdict ?? verdictAbsence ?? "none",
      }),
    ),
    generatorSaturated: summary.storms.some((storm) => storm.generatorSaturated),
  };
}
