import { devicesDue } from "../judge/recovery.ts";
import type { StormRecovery } from "../judge/recovery-by-cohort.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { peakPerS } from "../judge/timeline-rates.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { firstConnect } from "./first-connect.ts";
import type { Phase } from "./phase.ts";
import { phaseCurve } from "./phase-curve.ts";

/** Why a round has no figures, or that it has. */
export const OUTCOMES = {
  measured: "measured",
  not_applicable: "cannot do what the scenario asks",
  failed_to_start: "did not start, or was not ready in time",
  refused: "let no device in",
  died: "ended during the run",
  run_failed: "the run itself failed",
  interrupted: "interrupted",
} as const;
export type Outcome = keyof typeof OUTCOMES;

export interface BrokerUsage {
  /** User and system time of the broker's processes, from ready to stopped. */
  cpuSeconds: number;
  /** Highest resident memory seen, all its processes together. */
  peakMemoryBytes: number;
}

/** One run of the scenario against one broker. */
export interface Round {
  broker: string;
  /** Counts from 1. */
  round: number;
  outcome: Outcome;
  /** What happened, in words; null where all went well. */
  detail: string | null;
  phases: Phase[];
  latencyMs: Pick<Summary["latencyMs"], "connect" | "subscribe" | "configRequest"> | null;
  attempts: number;
  accepted: number;
  refused: number;
  errors: Record<string, number>;
  /** Is null where the broker does not run here. */
  usage: BrokerUsage | null;
}

export function emptyRound(broker: string, round: number, outcome: Outcome, detail: string | null): Round {
  return {
    broker,
    round,
    outcome,
    detail,
    phases: [],
    latencyMs: null,
    attempts: 0,
    accepted: 0,
    refused: 0,
    errors: {},
    usage: null,
  };
}

/** What a run's files say. */
export function measuredRound(
  broker: string,
  round: number,
  summary: Summary,
  timeline: readonly TimelineRow[],
  recovery: readonly StormRecovery[],
  usage: BrokerUsage | null,
): Round {
  const { connect, subscribe, configRequest } = summary.latencyMs;
  const letIn = summary.fleet.everOnline > 0;
  return {
    broker,
    round,
    outcome: letIn ? "measured" : "refused",
    detail: letIn ? null : mostFrequent(summary.errors),
    phases: [
      firstConnect(summary, timeline),
      ...summary.storms.map((storm) => stormPhase(storm, timeline, recovery)),
    ],
    latencyMs: { connect, subscribe, configRequest },
    attempts: summary.totals.connectAttempts,
    accepted: summary.totals.connectsAccepted,
    refused: summary.totals.connectsRefused,
    errors: summary.errors,
    usage,
  };
}

function stormPhase(
  storm: Summary["storms"][number],
  timeline: readonly TimelineRow[],
  recovery: readonly StormRecovery[],
): Phase {
  return {
    name: `storm ${storm.index}: ${stormWords(storm)}`,
    verdict: storm.verdict,
    verdictReason: storm.verdictReason,
    devices: devicesDue(storm),
    ready: storm.recovered,
    readyMs: storm.readyMs,
    connectsPerS: peakPerS(timeline, "connects_accepted", storm.at, storm.at + storm.windowMs),
    amplification: storm.amplification,
    generatorSaturated: storm.generatorSaturated,
    curve: phaseCurve(recovery.find((one) => one.storm === storm.index)),
  };
}

function mostFrequent(errors: Readonly<Record<string, number>>): string | null {
  const [first] = Object.entries(errors).sort(([, a], [, b]) => b - a);
  return first === undefined ? null : `${first[0]}: ${first[1]}`;
}
