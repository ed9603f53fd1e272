import { stormHistograms } from "../judge/cohort-histograms.ts";
import { recoveryPercentileMs } from "../judge/recovery.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { Verdict, VerdictAbsence } from "../judge/verdict.ts";
import type { MergedRun } from "../run/merge.ts";

/** What one forecast came to, as its storm was judged. Times are milliseconds from the loss; null: not reached. */
export interface Outcome {
  /** Devices that were there when the storm came and meant to be online. */
  fleet: number;
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

/** The outcome of one storm of a run. Its verdict is the run's own. */
export function outcomeOf(run: MergedRun, { storms, recoveryTarget }: Summary, storm: number): Outcome {
  const summary = storms.find(({ index }) => index === storm);
  const merged = run.storms.find(({ index }) => index === storm);
  if (summary === undefined || merged === undefined) throw new RangeError(`the run has no storm ${storm}`);
  const [whole] = stormHistograms(run, merged, "ready_time");
  const { p50, p90, p99 } = summary.readyMs;
  const { verdict, verdictAbsence, verdictReason, peak, amplification } = summary;
  return {
    fleet: summary.fleet,
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

/** It recovered, and where a time is given, the target share was ready within it. */
export function recoversWithin({ verdict, readyMs }: Outcome, withinMs: number | null): boolean {
  if (verdict !== "recovered") return false;
  return withinMs === null || (readyMs.target !== null && readyMs.target <= withinMs);
}
