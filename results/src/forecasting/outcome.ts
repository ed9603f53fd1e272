import { stormHistograms } from "../judge/cohort-histograms.ts";
import { recoveryPercentileMs } from "../judge/recovery.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { Verdict, VerdictAbsence } from "../judge/verdict.ts";
import type { MergedRun } from "../run/merge.ts";
import { arrivedByMs, dueAt, isThere, leaveByThemselves } from "./at-work.ts";

/** What one forecast came to, as its storm was judged. Times are milliseconds from the loss; null: not reached. */
export interface Outcome {
  /** Devices that were there when the storm came and meant to be online. */
  fleet: number;
  /** Devices that should have been there; null where that is the script's own choice, which differs from storm to storm. */
  due: number | null;
  /** Devices that were lost at once. */
  affected: number;
  verdict: Verdict | null;
  absence: VerdictAbsence | null;
  reason: string;
  /** `target`: until the target share of the affected devices was ready. */
  readyMs: { p50: number | null; p90: number | null; p99: number | null; target: number | null };
  /** Highest means over one second inside the window. */
  peak: { connectsPerS: number; configRequestsPerS: number };
  /** What an affected device asked for until it was ready; null where none was affected. */
  perDevice: { connects: number | null; configRequests: number | null };
}

/** What was forecast: when its devices arrive, and what the script has them do. */
export interface Forecast {
  arrivals: Parameters<typeof arrivedByMs>[0];
  script: { scenarios?: unknown };
}

/** The outcome of one storm of a run. Its verdict is the run's own. */
export function outcomeOf(
  run: MergedRun,
  { storms, recoveryTarget, fleet: { devices } }: Summary,
  storm: number,
  { arrivals, script }: Forecast,
): Outcome {
  const summary = storms.find(({ index }) => index === storm);
  const merged = run.storms.find(({ index }) => index === storm);
  if (summary === undefined || merged === undefined) throw new RangeError(`the run has no storm ${storm}`);
  const [whole] = stormHistograms(run, merged, "ready_time");
  const { p50, p90, p99 } = summary.readyMs;
  const { verdict, verdictAbsence, verdictReason, peak, amplification } = summary;
  return {
    fleet: summary.fleet,
    due: leaveByThemselves(script.scenarios) ? null : dueAt(summary, devices, arrivedByMs(arrivals)),
    affected: summary.affected,
    verdict,
    absence: verdictAbsence,
    reason: verdictReason,
    readyMs: {
      p50,
      p90,
      p99,
      target:
        whole === undefined
          ? null
          : recoveryPercentileMs(whole.histogram, whole.due ?? 0, recoveryTarget * 100),
    },
    peak: {
      connectsPerS: peak.connectAttemptsPerS,
      configRequestsPerS: peak.configRequestsPerS,
    },
    perDevice: { connects: amplification.connect, configRequests: amplification.config },
  };
}

/** The fleet was there, it recovered, and where a time is given, the target share was ready within it. */
export function recoversWithin(outcome: Outcome, withinMs: number | null): boolean {
  const { verdict, readyMs } = outcome;
  if (verdict !== "recovered" || !isThere(outcome)) return false;
  return withinMs === null || (readyMs.target !== null && readyMs.target <= withinMs);
}
