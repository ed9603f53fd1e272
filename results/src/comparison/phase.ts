import type { Verdict } from "../judge/verdict.ts";
import type { PhaseCurve } from "./phase-curve.ts";

/** Times in milliseconds; null is "not reached", never a number over the survivors. */
export interface ReadyTimes {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

/** One synchronised arrival at the broker: the fleet's first connect, or a storm. */
export interface Phase {
  name: string;
  verdict: Verdict | null;
  /** Why there is none, or why it is this one; null where nobody judges it. */
  verdictReason: string | null;
  /** Devices that had to become ready. */
  devices: number;
  ready: number;
  readyMs: ReadyTimes;
  /** Highest 1 s mean of accepted connects. */
  connectsPerS: number;
  /** Connect attempts and config requests per device. */
  amplification: { connect: number | null; config: number | null };
  generatorSaturated: boolean;
  /** Is null where nobody was due. */
  curve: PhaseCurve | null;
}
