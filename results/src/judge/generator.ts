/**
 * Was the load generator itself the bottleneck? Pure: what its workers saw of themselves, held against what is reported. Every
 * rule says why with its figures; none fires without them.
 */

import type { GeneratorHealth } from "artillery-engine-mqtt/contract";
import { highest, lowest } from "../run/highest-lowest.ts";
import { duration, percent } from "./number-words.ts";
import type { LatencySummary, Summary } from "./summary-schema.ts";

export type GeneratorSummary = NonNullable<Summary["generator"]>;

/** What a stretch of time says of itself. */
export interface GeneratorEvidence {
  /** What every worker saw of itself; empty where nothing was watched. */
  workers: readonly GeneratorHealth[];
  /** Times that are reported for that stretch, milliseconds: a stop moves each by its own length at most. */
  reportedMs: readonly (number | null)[];
  /** Attempts that this machine itself refused. */
  refusedHere: number;
}

/** A longest stop beyond this share of a reported time is seen in it. */
export const STOP_SHARE = 0.1;
/** A generator that stands still for more of the time than this is saturated. */
export const STALLED_SHARE = 0.1;
/** A loop that is late by this much half of the time is late for every operation. */
export const CONSTANT_DELAY_MS = 10;
/** A loop that is late by this much one time in a hundred is too, with a core that is not fully used, and with one that is. */
export const FREQUENT_DELAY_MS = { idle: 100, busy: 25 };
export const BUSY_CPU_SHARE = 0.95;
/** A generator that waits for a processor for more of the time than this shares the machine with something else. */
export const CPU_WAIT_SHARE = 0.3;

/** Why the generator was the bottleneck; empty where it was not. */
export function saturationReasons({ workers, reportedMs, refusedHere }: GeneratorEvidence): string[] {
  const reasons: string[] = [];
  const worst = (of: (health: GeneratorHealth) => number): number =>
    Math.max(0, highest(workers.map(of)) ?? 0);
  const stopMs = worst(({ eventLoopDelayMs }) => eventLoopDelayMs.max);
  const known = reportedMs.filter((ms) => ms !== null && ms > 0) as number[];
  const shortestMs = lowest(known);
  if (shortestMs !== null && stopMs > shortestMs * STOP_SHARE) {
    reasons.push(
      `it stood still for up to ${duration(stopMs)}, ${percent(stopMs / shortestMs)} of a reported time of ${duration(shortestMs)}`,
    );
  }
  const stalled = worst(({ stalledMs, watchedMs }) => shareOf(stalledMs, watchedMs));
  if (stalled > STALLED_SHARE) reasons.push(`it stood still for ${percent(stalled)} of the time`);
  // A stop that was named explains a loop that was late.
  const delayed = reasons.length > 0 ? [] : workers.filter(isDelayed);
  if (delayed.length > 0) {
    const p50 = highest(delayed.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p50)) ?? 0;
    const p99 = highest(delayed.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p99)) ?? 0;
    reasons.push(
      `its event loop was late by ${duration(p50)} half of the time and by ${duration(p99)} at p99`,
    );
  }
  const waited = worst(({ cpuWaitMs, watchedMs }) => shareOf(cpuWaitMs ?? 0, watchedMs));
  if (waited > CPU_WAIT_SHARE) reasons.push(`it waited for a processor for ${percent(waited)} of the time`);
  if (refusedHere > 0) {
    reasons.push(
      `this machine itself refused ${refusedHere} attempts: it had no port or file descriptor left`,
    );
  }
  return reasons;
}

/** A busy core alone is no sign: while virtual users arrive, Artillery's own timer spins and gives way to everything else. */
function isDelayed({ eventLoopDelayMs: { p50, p99 }, cpuShare }: GeneratorHealth): boolean {
  if (p50 > CONSTANT_DELAY_MS || p99 > FREQUENT_DELAY_MS.idle) return true;
  return cpuShare >= BUSY_CPU_SHARE && p99 > FREQUENT_DELAY_MS.busy;
}

function shareOf(partMs: number, wholeMs: number): number {
  return wholeMs > 0 ? partMs / wholeMs : 0;
}

/** Returns null where nothing was watched. */
export function generatorSummary(evidence: GeneratorEvidence): GeneratorSummary | null {
  const health = worstHealth(evidence.workers);
  const reasons = saturationReasons(evidence);
  return health === null ? null : { saturated: reasons.length > 0, reasons, ...health };
}

/** The generator is as bad as its worst worker. Null where nothing was watched. */
function worstHealth(workers: readonly GeneratorHealth[]): GeneratorHealth | null {
  if (workers.length === 0) return null;
  const worst = (of: (health: GeneratorHealth) => number): number => highest(workers.map(of)) ?? 0;
  const operations = workers.flatMap(({ operationDelayMs }) => operationDelayMs ?? []);
  return {
    watchedMs: worst(({ watchedMs }) => watchedMs),
    eventLoopDelayMs: {
      p50: worst(({ eventLoopDelayMs }) => eventLoopDelayMs.p50),
      p99: worst(({ eventLoopDelayMs }) => eventLoopDelayMs.p99),
      max: worst(({ eventLoopDelayMs }) => eventLoopDelayMs.max),
    },
    operationDelayMs:
      operations.length === 0
        ? null
        : {
            p50: highest(operations.map(({ p50 }) => p50)) ?? 0,
            p99: highest(operations.map(({ p99 }) => p99)) ?? 0,
          },
    stalledMs: worst(({ stalledMs }) => stalledMs),
    cpuShare: worst(({ cpuShare }) => cpuShare),
    cpuWaitMs: workers.some(({ cpuWaitMs }) => cpuWaitMs === null)
      ? null
      : worst(({ cpuWaitMs }) => cpuWaitMs ?? 0),
  };
}

/** The generator's own delay is of the order of a service time from this share of it on. */
export const DOUBTFUL_SHARE = 0.25;

/**
 * Percentiles of a service time that are at least partly the generator's own delay, as its operations met it. A lower bound of
 * what is the target's is then not known.
 */
export function doubtfulPercentiles(
  { p50, p99 }: Pick<LatencySummary, "p50" | "p99">,
  workers: readonly GeneratorHealth[],
): ("p50" | "p99")[] {
  const delays = worstHealth(workers)?.operationDelayMs ?? null;
  if (delays === null) return [];
  const names: ("p50" | "p99")[] = [];
  if (p50 !== null && delays.p50 > p50 * DOUBTFUL_SHARE) names.push("p50");
  if (p99 !== null && delays.p99 > p99 * DOUBTFUL_SHARE) names.push("p99");
  return names;
}

/** What a mark beside a service time means. */
export function doubtWords({ operationDelayMs }: Pick<GeneratorSummary, "operationDelayMs">): string {
  const { p50, p99 } = operationDelayMs ?? { p50: 0, p99: 0 };
  return `* at least partly the generator's own delay: its event loop was late by ${duration(p50)} at p50, ${duration(p99)} at p99, as these ended`;
}
