/** Who recovered first, and by how much, where the rounds tell. Pure. */
import { FIRST_CONNECT } from "./first-connect.ts";
import type { Phase } from "./phase.ts";
import { OUTCOMES, type Round } from "./round.ts";
import { type Spread, spreadOf } from "./spread.ts";

export interface Ranking {
  /** What the times are of: the slowest of all storms in each round, or the first connect where the scenario has no storm. */
  of: "storms" | "first connect";
  /** The fastest first. */
  places: Place[];
  /** Brokers without figures or verdicts, and why. */
  unranked: Unranked[];
  /** False where each had one round: by how much rounds differ is not known, so that the order may be chance. */
  isRepeated: boolean;
}

export interface Place {
  /** Counts from 1; those that tie have the same. */
  rank: number;
  broker: string;
  title: string;
  /** Milliseconds until 99 % were ready, over the rounds; null: not reached. */
  readyMs: Spread;
  /** Rounds in which they were. */
  reachedIn: number;
  /** Median time as a multiple of the first's; null for the first, and where either was not reached. */
  timesFirst: number | null;
  /** Another has the same rank, for their rounds overlap. */
  isTied: boolean;
  /** Smallest share of the devices that were ready at the end of a window, over rounds and storms. */
  leastReady: number;
  generatorSaturated: boolean;
}

export interface Unranked {
  broker: string;
  title: string;
  why: string;
}

export function rankingOf(
  contestants: readonly { name: string; title: string }[],
  rounds: readonly Round[],
): Ranking {
  const hasStorms = rounds.some((round) => round.phases.some(isStorm));
  const ranked: Candidate[] = [];
  const unranked: Unranked[] = [];
  for (const { name, title } of contestants) {
    const own = rounds.filter(({ broker }) => broker === name);
    const why = obstacleOf(own, hasStorms);
    if (why === null) ranked.push(candidateOf(name, title, own, hasStorms));
    else unranked.push({ broker: name, title, why });
  }
  return {
    of: hasStorms ? "storms" : "first connect",
    places: placesOf(ranked),
    unranked,
    isRepeated: ranked.length > 0 && ranked.every(({ readyMs }) => readyMs.n > 1),
  };
}

type Candidate = Omit<Place, "rank" | "isTied" | "timesFirst">;

function isStorm({ name }: Phase): boolean {
  return name !== FIRST_CONNECT;
}

/** What was interrupted was nobody's fault, and counts as not run. */
function obstacleOf(own: readonly Round[], hasStorms: boolean): string | null {
  const failed = own.find(({ outcome }) => outcome !== "measured" && outcome !== "interrupted");
  if (failed !== undefined) {
    const what = OUTCOMES[failed.outcome];
    return `round ${failed.round}: ${what}${failed.detail === null || failed.detail === what ? "" : ` (${failed.detail})`}`;
  }
  const measured = own.filter(({ outcome }) => outcome === "measured");
  if (measured.length === 0) return "no round of it was measured";
  for (const { round, phases } of measured) {
    const held = phases.filter(isStorm);
    if (hasStorms && held.length === 0) return `round ${round}: no storm came`;
    const silent = held.find(({ verdict }) => verdict === null);
    if (silent !== undefined) {
      const why = silent.verdictReason === null ? "" : ` (${silent.verdictReason})`;
      return `round ${round}: no verdict on ${silent.name}${why}`;
    }
  }
  return null;
}

function candidateOf(broker: string, title: string, own: readonly Round[], hasStorms: boolean): Candidate {
  const held = own
    .filter(({ outcome }) => outcome === "measured")
    .map(({ phases }) => phases.filter((phase) => isStorm(phase) === hasStorms));
  const slowest = held.map((phases) => {
    const times = phases.map(({ readyMs }) => readyMs.p99);
    return times.includes(null) ? null : Math.max(0, ...times.filter((ms) => ms !== null));
  });
  const all = held.flat();
  return {
    broker,
    title,
    readyMs: spreadOf(slowest) as Spread,
    reachedIn: slowest.filter((ms) => ms !== null).length,
    leastReady: Math.min(1, ...all.map(({ ready, devices }) => (devices === 0 ? 0 : ready / devices))),
    generatorSaturated: all.some(({ generatorSaturated }) => generatorSaturated),
  };
}

/**
 * Who got there in every round stands before who did not, and those tie whose rounds overlap with those of the first of that rank: with three rounds
 * each, two equal ones are told apart so in 1 of 10 comparisons. Who did not get there in any round ties with all such.
 */
function placesOf(candidates: readonly Candidate[]): Place[] {
  const sorted = [...candidates].sort(
    (a, b) =>
      b.reachedIn / b.readyMs.n - a.reachedIn / a.readyMs.n ||
      finite(a.readyMs.median) - finite(b.readyMs.median) ||
      b.leastReady - a.leastReady,
  );
  const first = sorted[0]?.readyMs.median ?? null;
  const places: Place[] = [];
  let leader: Candidate | undefined;
  let rank = 0;
  for (const [i, one] of sorted.entries()) {
    if (leader === undefined || !areTied(leader, one)) [leader, rank] = [one, i + 1];
    const { median } = one.readyMs;
    const timesFirst = i === 0 || median === null || first === null || first === 0 ? null : median / first;
    places.push({ ...one, rank, isTied: false, timesFirst });
  }
  return places.map((one) => ({
    ...one,
    isTied: places.some((other) => other !== one && other.rank === one.rank),
  }));
}

function areTied(leader: Candidate, { readyMs, reachedIn }: Candidate): boolean {
  if (leader.reachedIn === 0 || reachedIn === 0) return leader.reachedIn === reachedIn;
  const isWhole = (n: number, spread: Spread): boolean => n === spread.n;
  if (isWhole(leader.reachedIn, leader.readyMs) !== isWhole(reachedIn, readyMs)) return false;
  return finite(readyMs.min) <= finite(leader.readyMs.max);
}

/** What was not reached is later than all. Two of them are as late as each other, and infinity less infinity is no number. */
function finite(ms: number | null): number {
  return ms ?? Number.MAX_VALUE;
}
