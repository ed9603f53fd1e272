import type { StormFields, StormSummary, Summary } from "../judge/summary-schema.ts";

/** The same storm, and the same part of the fleet, in two runs; undefined where a run has no such. */
export interface StormPair {
  storm: number;
  /** Null is the whole fleet. */
  cohort: string | null;
  a: StormFields | undefined;
  b: StormFields | undefined;
}

/** Storms are matched by their number, cohorts by their name. */
export function stormPairs(a: Summary, b: Summary): StormPair[] {
  const numbers = union(
    a.storms.map(({ index }) => index),
    b.storms.map(({ index }) => index),
  );
  return numbers
    .sort((one, other) => one - other)
    .flatMap((index) => pairsOf(index, stormOf(a, index), stormOf(b, index)));
}

export function stormOf(summary: Summary, index: number): StormSummary | undefined {
  return summary.storms.find((storm) => storm.index === index);
}

/** The whole fleet stands first, where either run has more than one cohort, touched or not; then each cohort. */
function pairsOf(storm: number, a: StormSummary | undefined, b: StormSummary | undefined): StormPair[] {
  const [inA, inB] = [cohortsOf(a), cohortsOf(b)];
  const names = union([...inA.keys()], [...inB.keys()]);
  const cohorts = names.map(
    (cohort): StormPair => ({ storm, cohort, a: inA.get(cohort), b: inB.get(cohort) }),
  );
  const isFleet = [a, b].every((one) => Object.keys(one?.cohorts ?? {}).length === 1);
  if (isFleet && cohorts.length === 1 && inA.size + inB.size === 2) return cohorts;
  return [{ storm, cohort: null, a, b }, ...cohorts];
}

/** Names are user text, so this is a Map; cohorts that the storm did not touch have nothing to compare. */
function cohortsOf(storm: StormSummary | undefined): Map<string, StormFields> {
  return new Map(Object.entries(storm?.cohorts ?? {}).filter(([, { affected }]) => affected > 0));
}

function union<Value>(a: readonly Value[], b: readonly Value[]): Value[] {
  return [...new Set([...a, ...b])];
}
