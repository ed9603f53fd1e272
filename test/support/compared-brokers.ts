import { type Comparison, compareRounds } from "../../results/src/comparison/comparison.ts";
import type { Phase } from "../../results/src/comparison/phase.ts";
import { emptyRound, type Round } from "../../results/src/comparison/round.ts";

interface Broker {
  name: string;
  title: string;
  /** Milliseconds until 99 % were ready in each round; null: 60 % came back, and no more. */
  p99: readonly (number | null)[];
  verdict?: Phase["verdict"];
  cpuSeconds?: number;
  refuses?: boolean;
}

/** One that is ahead, two that tie, one that stalls, one without verdict, one that lets nobody in. */
export const BROKERS: readonly Broker[] = [
  { name: "slow", title: "Slow broker", p99: [4200, 4400, 4300], cpuSeconds: 6.2 },
  { name: "fast", title: "Fast broker", p99: [3000, 3100, 3050], cpuSeconds: 1.4 },
  { name: "alike", title: "Broker like the slow one", p99: [4350, 4500, 4450], cpuSeconds: 3 },
  { name: "stuck", title: "Stuck broker", p99: [null, 9000, null], verdict: "stalled", cpuSeconds: 11 },
  { name: "silent", title: "Broker without verdict", p99: [5000, 5000, 5000], verdict: null },
  { name: "shut", title: "Shut broker", p99: [1], refuses: true },
];

function curve(p99: number | null): Phase["curve"] {
  const timesMs = Array.from({ length: 80 }, (_, i) => i * 150);
  const most = p99 === null ? 0.6 : 1;
  return { timesMs, shares: timesMs.map((ms) => most * (1 - Math.exp((-4.6 * ms) / (p99 ?? 6000)))) };
}

function phase(name: string, verdict: Phase["verdict"], p99: number | null): Phase {
  const judged = p99 === null ? verdict : verdict === null ? null : "recovered";
  return {
    name,
    verdict: judged,
    verdictReason: judged === null ? "not watched to its end" : null,
    devices: 1000,
    ready: p99 === null ? 600 : 1000,
    readyMs: { p50: 900, p90: p99 === null ? null : p99 * 0.6, p99, max: p99 === null ? null : p99 * 1.1 },
    connectsPerS: 800,
    amplification: { connect: 1.7, config: null },
    generatorSaturated: p99 === 4400,
    curve: curve(p99),
  };
}

function roundOf(
  { name, verdict = "recovered", cpuSeconds, refuses }: Broker,
  round: number,
  p99: number | null,
): Round {
  if (refuses) return emptyRound(name, round, "refused", "tcp_refused: 1400");
  return {
    ...emptyRound(name, round, "measured", null),
    phases: [
      { ...phase("first connect", null, 1200), verdict: null, verdictReason: null },
      phase("storm 1: connection reset of 100 %", verdict, p99),
    ],
    attempts: 2000,
    accepted: 1800,
    errors: p99 === null ? { connack_timeout: 400, tcp_refused: 12 } : {},
    usage: cpuSeconds === undefined ? null : { cpuSeconds, peakMemoryBytes: cpuSeconds * 20e6 },
  };
}

export function comparedBrokers(brokers: readonly Broker[] = BROKERS): Comparison {
  const rounds = brokers.flatMap((broker) => broker.p99.map((p99, i) => roundOf(broker, i + 1, p99)));
  return compareRounds(
    rounds,
    brokers.map(({ name, title }) => ({ name, title, version: "1.0", notes: ["persistence off"] })),
    {
      scenario: "scenarios/compare/mass-reconnect.yml",
      name: "mass-reconnect (singlenode-storm-tcp-1K-100pct-fulljitter)",
      startedAt: "2026-11-28T10:00:00.000Z",
      endedAt: "2026-11-28T10:20:00.000Z",
      rounds: Math.max(...brokers.map(({ p99 }) => p99.length)),
      reference: brokers[0]?.name ?? "",
      machine: { CPU: "2 x test", Memory: "8 GiB" },
      software: { Node: "v24" },
      seed: 42,
      script: "{}",
      complete: true,
    },
  );
}
