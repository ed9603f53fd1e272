import type { Verdict } from "../judge/verdict.ts";
import type { Phase } from "./phase.ts";
import type { PhaseCurve } from "./phase-curve.ts";
import { type Ranking, rankingOf } from "./ranking.ts";
import type { Round } from "./round.ts";
import { type Spread, spreadOf } from "./spread.ts";

export type Unit = "ms" | "perS" | "perDevice" | "share" | "seconds" | "bytes" | "count";

export interface Value {
  name: string;
  unit: Unit;
  spread: Spread | null;
  /** Median, min and max of the ratios to the reference broker's value in the same round; null where there is none. */
  ratio: Spread | null;
}

export interface PhaseRow {
  phase: string;
  /** Each verdict and how many rounds ended with it. */
  verdicts: Record<string, number>;
  generatorSaturated: number;
  values: Value[];
  /** Of the round with the median time to 99 % ready, which is one that was measured; null where none has a curve. */
  curve: RoundCurve | null;
}

export interface RoundCurve extends PhaseCurve {
  round: number;
}

export interface BrokerRow {
  broker: string;
  title: string;
  version: string;
  /** How it was set up: limits, persistence, and what differs. */
  notes: string[];
  rounds: number;
  measured: number;
  /** One line per round that has no figures. */
  failures: string[];
  phases: PhaseRow[];
  /** These values are of the whole run. */
  values: Value[];
  /** What devices saw when it could not keep up: name and count per measured round. */
  errors: Record<string, Spread>;
}

/** What was run, complete enough to run it again. */
export interface Disclosure {
  scenario: string;
  name: string;
  startedAt: string;
  endedAt: string;
  rounds: number;
  /** The broker that ratios refer to. */
  reference: string;
  machine: Record<string, string>;
  software: Record<string, string>;
  seed: number | null;
  /** The script, secrets masked. */
  script: string;
  /** Is false where the comparison was interrupted. */
  complete: boolean;
}

export interface Comparison {
  schemaVersion: 1;
  disclosure: Disclosure;
  ranking: Ranking;
  brokers: BrokerRow[];
  rounds: Round[];
}

export interface ContestantFacts {
  name: string;
  title: string;
  version: string;
  notes: string[];
}

/** Makes medians, spreads and ratios of rounds, and does not know how they were run or will be shown. */
export function compareRounds(
  rounds: readonly Round[],
  contestants: readonly ContestantFacts[],
  disclosure: Disclosure,
): Comparison {
  const reference = rounds.filter(({ broker }) => broker === disclosure.reference);
  return {
    schemaVersion: 1,
    disclosure,
    ranking: rankingOf(contestants, rounds),
    brokers: contestants.map((facts) => {
      const own = rounds.filter(({ broker }) => broker === facts.name);
      return brokerRow(facts, own, reference);
    }),
    rounds: [...rounds],
  };
}

function brokerRow(facts: ContestantFacts, own: readonly Round[], reference: readonly Round[]): BrokerRow {
  const measured = own.filter(({ outcome }) => outcome === "measured");
  const pairs = measured.map((round) => ({
    round,
    reference: reference.find((other) => other.round === round.round && other.outcome === "measured") ?? null,
  }));
  const phaseNames = [...new Set(measured.flatMap(({ phases }) => phases.map(({ name }) => name)))];
  return {
    broker: facts.name,
    title: facts.title,
    version: facts.version,
    notes: facts.notes,
    rounds: own.length,
    measured: measured.length,
    failures: own
      .filter(({ outcome, detail }) => outcome !== "measured" || detail !== null)
      .map(({ round, outcome, detail }) => `round ${round}: ${detail ?? outcome}`),
    phases: phaseNames.map((name) => phaseRow(name, pairs)),
    values: RUN_VALUES.map(([name, unit, read]) => comparedValue(name, unit, pairs, read)),
    errors: errorsOf(measured),
  };
}

interface Pair {
  round: Round;
  reference: Round | null;
}

function phaseRow(name: string, pairs: readonly Pair[]): PhaseRow {
  const phaseOf = (round: Round): Phase | undefined => round.phases.find((phase) => phase.name === name);
  const verdicts: Record<string, number> = {};
  let generatorSaturated = 0;
  for (const { round } of pairs) {
    const phase = phaseOf(round);
    if (phase === undefined) continue;
    const verdict: Verdict | "no verdict" = phase.verdict ?? "no verdict";
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (phase.generatorSaturated) generatorSaturated++;
  }
  return {
    phase: name,
    verdicts,
    generatorSaturated,
    curve: medianCurve(pairs.map(({ round }) => ({ round: round.round, phase: phaseOf(round) }))),
    values: PHASE_VALUES.map(([value, unit, read]) =>
      comparedValue(value, unit, pairs, (round) => {
        const phase = phaseOf(round);
        return phase === undefined ? undefined : read(phase);
      }),
    ),
  };
}

function medianCurve(rounds: readonly { round: number; phase: Phase | undefined }[]): RoundCurve | null {
  const curves = rounds.flatMap(({ round, phase }) =>
    phase === undefined || phase.curve === null ? [] : [{ round, ...phase.curve, p99: phase.readyMs.p99 }],
  );
  // Infinity less infinity is no number.
  curves.sort((a, b) => (a.p99 ?? Number.MAX_VALUE) - (b.p99 ?? Number.MAX_VALUE));
  const median = curves[Math.floor((curves.length - 1) / 2)];
  return median === undefined
    ? null
    : { round: median.round, timesMs: median.timesMs, shares: median.shares };
}

const PHASE_VALUES: readonly [string, Unit, (phase: Phase) => number | null | undefined][] = [
  // A storm takes the devices that are online: after a broker that let few in, it is a smaller one.
  ["devices", "count", ({ devices }) => devices],
  ["ready", "share", ({ ready, devices }) => (devices === 0 ? undefined : ready / devices)],
  ["ready 50 %", "ms", ({ readyMs }) => readyMs.p50],
  ["ready 90 %", "ms", ({ readyMs }) => readyMs.p90],
  ["ready 99 %", "ms", ({ readyMs }) => readyMs.p99],
  ["ready 100 %", "ms", ({ readyMs }) => readyMs.max],
  ["connects reached", "perS", ({ connectsPerS }) => connectsPerS],
  ["connects per device", "perDevice", ({ amplification }) => amplification.connect ?? undefined],
  ["config requests per device", "perDevice", ({ amplification }) => amplification.config ?? undefined],
];

const RUN_VALUES: readonly [string, Unit, (round: Round) => number | null | undefined][] = [
  ["connect p50", "ms", ({ latencyMs }) => latencyMs?.connect.p50 ?? undefined],
  ["connect p99", "ms", ({ latencyMs }) => latencyMs?.connect.p99 ?? undefined],
  ["connect max", "ms", ({ latencyMs }) => latencyMs?.connect.max ?? undefined],
  ["subscribe p50", "ms", ({ latencyMs }) => latencyMs?.subscribe.p50 ?? undefined],
  ["subscribe p99", "ms", ({ latencyMs }) => latencyMs?.subscribe.p99 ?? undefined],
  ["config request p50", "ms", ({ latencyMs }) => latencyMs?.configRequest.p50 ?? undefined],
  ["config request p99", "ms", ({ latencyMs }) => latencyMs?.configRequest.p99 ?? undefined],
  ["connects attempted", "count", ({ attempts }) => attempts],
  ["connects accepted", "count", ({ accepted }) => accepted],
  ["connects refused", "count", ({ refused }) => refused],
  ["errors", "count", ({ errors }) => Object.values(errors).reduce((sum, n) => sum + n, 0)],
  ["broker CPU", "seconds", ({ usage }) => usage?.cpuSeconds],
  ["broker peak memory", "bytes", ({ usage }) => usage?.peakMemoryBytes],
];

/** `read` gives undefined for what was not measured at all, null for what was not reached. */
function comparedValue(
  name: string,
  unit: Unit,
  pairs: readonly Pair[],
  read: (round: Round) => number | null | undefined,
): Value {
  const values: (number | null)[] = [];
  const ratios: (number | null)[] = [];
  for (const { round, reference } of pairs) {
    const value = read(round);
    if (value === undefined) continue;
    values.push(value);
    const base = reference === null ? undefined : read(reference);
    if (base === undefined || base === null || base === 0) continue;
    ratios.push(value === null ? null : value / base);
  }
  return { name, unit, spread: spreadOf(values), ratio: spreadOf(ratios) };
}

/** A round without an error of that name had none of it. */
function errorsOf(measured: readonly Round[]): Record<string, Spread> {
  const names = [...new Set(measured.flatMap(({ errors }) => Object.keys(errors)))].sort();
  return Object.fromEntries(
    names.map((name) => [name, spreadOf(measured.map(({ errors }) => errors[name] ?? 0)) as Spread]),
  );
}
