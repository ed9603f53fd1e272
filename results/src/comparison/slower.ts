/** Whether run B recovered more slowly than run A, by more than is allowed. Pure; results/docs/ci.md has the rule in words. */
import { printable } from "artillery-engine-mqtt/contract";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { count } from "../judge/number-words.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { StormFields, Summary } from "../judge/summary-schema.ts";
import type { VerdictAbsence } from "../judge/verdict.ts";
import { stormPairs } from "./pairs.ts";

/** The figures that are held: ready times from each device's loss, over all affected devices. */
export const HELD_FIGURES = ["p50", "p90", "p99"] as const;
export type HeldFigure = (typeof HELD_FIGURES)[number];

export interface SlowerCheck {
  storm: number;
  /** Null is the whole fleet. */
  cohort: string | null;
  figure: `ready ${HeldFigure}`;
  /** Milliseconds; null: not reached. */
  a: number | null;
  b: number | null;
  outcome: Outcome;
}

/** `neither`: not reached in either run. `unknown`: not reached in one run, which was not watched for as long as the other took. */
export type Outcome = "held" | "slower" | "neither" | "unknown";

export interface SlowerResult {
  /** B may take longer than A by this share of A's time. */
  limit: number;
  checks: SlowerCheck[];
  /** Why parts of A could not be compared, a sentence each: nothing is known of them, so they have not passed. */
  notCompared: string[];
  /** What only B has: there is nothing to hold it against, and it fails nothing. */
  onlyInB: string[];
  exit: { code: number; sentence: string };
}

/** A figure, and how long it was watched for: a time that was not reached is longer than that. Milliseconds. */
export interface Watched {
  ms: number | null;
  windowMs: number;
}

/** Of a fleet whose size differs by more, the other recovers from another storm: a device or two may have come late. */
const FLEET_TOLERANCE = 0.01;
/** So much of a time is rounding. */
const EPSILON = 1e-9;

export function holdFigure(a: Watched, b: Watched, limit: number): Outcome {
  if (a.ms === null && b.ms === null) return "neither";
  if (a.ms === null) {
    // A took longer than its window.
    return (b.ms as number) <= allowed(a.windowMs, limit) ? "held" : "unknown";
  }
  if (b.ms === null) return b.windowMs >= a.ms ? "slower" : "unknown";
  return b.ms > allowed(a.ms, limit) ? "slower" : "held";
}

function allowed(ms: number, limit: number): number {
  return ms * (1 + limit) * (1 + EPSILON);
}

export function slowerResult(a: Summary, b: Summary, limit: number): SlowerResult {
  const pairs = stormPairs(a, b).map((pair) => ({
    ...pair,
    where:
      pair.cohort === null ? `storm ${pair.storm}` : `storm ${pair.storm}, cohort ${printable(pair.cohort)}`,
  }));
  const notCompared = runObstacles(a, b);
  const onlyInB: string[] = [];
  const checks: SlowerCheck[] = [];
  for (const { storm, cohort, a: inA, b: inB, where } of pairs) {
    if (inA === undefined) {
      onlyInB.push(`${where}: only in B`);
      continue;
    }
    const obstacle = obstacleOf(inA, inB, sizeOf(a, cohort), sizeOf(b, cohort));
    if (obstacle !== null || inB === undefined) {
      notCompared.push(`${where}: ${obstacle}`);
      continue;
    }
    for (const figure of HELD_FIGURES) {
      const [was, is] = [inA.readyMs[figure], inB.readyMs[figure]];
      const outcome = holdFigure(
        { ms: was, windowMs: inA.windowMs },
        { ms: is, windowMs: inB.windowMs },
        limit,
      );
      checks.push({ storm, cohort, figure: `ready ${figure}`, a: was, b: is, outcome });
      if (outcome === "unknown") notCompared.push(`${where}: ready ${figure} ${unknownWords(was)}`);
    }
  }
  if (notCompared.length === 0 && !checks.some(({ outcome }) => outcome === "held" || outcome === "slower")) {
    notCompared.push(checks.length === 0 ? "A has no storm" : "no percentile was reached in either run");
  }
  return { limit, checks, notCompared, onlyInB, exit: exitOf(checks, notCompared) };
}

function exitOf(
  checks: readonly SlowerCheck[],
  notCompared: readonly string[],
): { code: number; sentence: string } {
  if (checks.some(({ outcome }) => outcome === "slower")) return EXIT_CODES.slower;
  return notCompared.length > 0 ? EXIT_CODES.notMeasured : EXIT_CODES.ok;
}

function runObstacles(a: Summary, b: Summary): string[] {
  const runs = Object.entries({ A: a, B: b });
  return runs.flatMap(([name, { complete }]) =>
    complete ? [] : [`${name} is incomplete: what is missing may have been slow`],
  );
}

function sizeOf({ fleet }: Summary, cohort: string | null): number {
  if (cohort === null) return fleet.devices;
  return Object.hasOwn(fleet.cohorts, cohort) ? (fleet.cohorts[cohort] ?? 0) : 0;
}

/** Why a storm of A's says nothing about B; null where it does. */
function obstacleOf(
  a: StormFields,
  b: StormFields | undefined,
  devicesOfA: number,
  devicesOfB: number,
): string | null {
  if (b === undefined) return "B has no such storm, or none of the cohort was affected";
  for (const [name, one] of Object.entries({ A: a, B: b })) {
    if (one.verdictAbsence !== null && TELLS_NOTHING.has(one.verdictAbsence)) {
      return `${name} has no verdict (${one.verdictAbsence})`;
    }
  }
  if (kindOf(a) !== kindOf(b)) return `another storm: ${stormWords(a)} in A, ${stormWords(b)} in B`;
  if (Math.abs(devicesOfB - devicesOfA) > devicesOfA * FLEET_TOLERANCE) {
    return `another fleet: ${count(devicesOfA)} devices in A, ${count(devicesOfB)} in B`;
  }
  return null;
}

/** Without these verdicts there are no times that could be trusted. */
const TELLS_NOTHING: ReadonlySet<VerdictAbsence> = new Set([
  "did-not-happen",
  "nobody-affected",
  "cut-short",
  "not-watched",
  "disturbed",
  "no-baseline",
]);

/** What makes it the same storm, whenever it comes and whatever it is called. */
function kindOf({ cause, fraction, region, onlyCohorts, overMs, outage }: StormFields): string {
  return JSON.stringify([
    cause,
    fraction,
    region,
    onlyCohorts,
    overMs,
    outage?.of ?? null,
    outage?.forMs ?? null,
  ]);
}

function unknownWords(a: number | null): string {
  return a === null
    ? "was not reached in A, whose window was too short to tell"
    : "was not reached in B, whose window was shorter than A took";
}
