/** Verdict of one storm for one cohort, or for the whole fleet (design.md, "Measuring honestly", 3). */
export const VERDICTS = ["recovered", "degraded", "metastable"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Below this share of the affected devices becoming ready in the last quarter, goodput is near zero. */
export const NO_GOODPUT_SHARE = 0.01;
/** From this share of its storm peak on, the load still runs. */
export const LOAD_RUNS_SHARE = 0.25;

export interface Load {
  /** Highest 1 s mean inside the window, per second. */
  peakPerS: number;
  /** Highest 1 s mean inside the last quarter of the window, per second. */
  lastQuarterPerS: number;
}

export interface StormEvidence {
  /** Null where the storm's instant came; else why there is none. */
  absence: string | null;
  /** The whole window was watched. */
  closed: boolean;
  affected: number;
  /** Affected devices that became ready inside the window. */
  recovered: number;
  /** Affected devices that became ready in its last quarter. */
  readyInLastQuarter: number;
  connectAttempts: Load;
  configRequests: Load;
}

export interface Judgement {
  /** Null where nothing can be said; `reason` says why. */
  verdict: Verdict | null;
  reason: string;
}

/**
 * A window that was not watched to its end (interrupted run, killed worker) has a verdict only if the target was already
 * reached: more watching could not have taken that back, but it could have turned any other verdict.
 */
export function judge(storm: StormEvidence, target: number): Judgement {
  if (storm.absence !== null) return { verdict: null, reason: storm.absence };
  if (storm.affected === 0) return { verdict: null, reason: "no device affected" };
  const share = percent(storm.recovered / storm.affected);
  const ready = `${share} of the affected devices were ready inside the window (target ${percent(target)})`;
  if (storm.recovered >= storm.affected * target - 1e-9) return { verdict: "recovered", reason: ready };
  if (!storm.closed) return { verdict: null, reason: "not watched to its end" };
  if (storm.readyInLastQuarter >= storm.affected * NO_GOODPUT_SHARE) {
    return { verdict: "degraded", reason: `${ready}; more were still becoming ready when it ended` };
  }
  const running = runningLoads(storm);
  if (running.length === 0) {
    return {
      verdict: "degraded",
      reason: `${ready}; at its end hardly any became ready, but the load had fallen`,
    };
  }
  const loads = running.join(" and ");
  return { verdict: "metastable", reason: `${ready}; at its end hardly any became ready, yet ${loads}` };
}

function runningLoads(storm: StormEvidence): string[] {
  const loads: [string, Load][] = [
    ["connect attempts", storm.connectAttempts],
    ["config requests", storm.configRequests],
  ];
  return loads
    .filter(([, load]) => load.peakPerS > 0 && load.lastQuarterPerS >= load.peakPerS * LOAD_RUNS_SHARE)
    .map(([name, load]) => `${name} ran at ${percent(load.lastQuarterPerS / load.peakPerS)} of their peak`);
}

/** Cut, not rounded, to two decimals: 98.999 % must not read as the target of 99 %. */
function percent(share: number): string {
  return `${Math.floor(share * 1e4 + 1e-6) / 100} %`;
}
