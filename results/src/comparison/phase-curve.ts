import type { StormRecovery } from "../judge/recovery-by-cohort.ts";
import { recoveryOf } from "../judge/recovery-by-cohort.ts";

/** The share of a phase's devices that were ready, over the time since it began. Both lists are as long as each other. */
export interface PhaseCurve {
  timesMs: number[];
  shares: number[];
}

/** So many points tell a curve on a chart; a comparison holds one per broker, round and phase. */
const LONGEST_CURVE = 150;

/** The whole fleet's. */
export function phaseCurve(recovery: StormRecovery | undefined): PhaseCurve | null {
  const fleet = recovery === undefined ? null : recoveryOf(recovery, null);
  if (fleet === null) return null;
  const { timesMs, shares } = fleet.curve;
  return thinned({ timesMs, shares: shares[0] ?? [] });
}

/** The curve only rises, so the last point of a stretch of time says what is known at its end. */
export function thinned({ timesMs, shares }: PhaseCurve): PhaseCurve {
  const stretchMs = (timesMs.at(-1) ?? 1) / LONGEST_CURVE || 1;
  const kept = [...new Map(timesMs.map((ms, i) => [Math.ceil(ms / stretchMs), i])).values()];
  return {
    timesMs: kept.map((i) => timesMs[i] as number),
    shares: kept.map((i) => shares[i] as number),
  };
}
