import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { devicesDue } from "../judge/recovery.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { peakPerS } from "../judge/timeline-rates.ts";
import type { Verdict } from "../judge/verdict.ts";
import type { TimelineRow } from "../run/timeline.ts";

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
  /** Devices that had to become ready. */
  devices: number;
  ready: number;
  readyMs: ReadyTimes;
  /** Highest 1 s mean of accepted connects. */
  connectsPerS: number;
  /** Connect attempts and config requests per device. */
  amplification: { connect: number | null; config: number | null };
  generatorSaturated: boolean;
}

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
  usage: BrokerUsage | null,
): Round {
  const { connect, subscribe, configRequest } = summary.latencyMs;
  const letIn = summary.fleet.everOnline > 0;
  return {
    broker,
    round,
    outcome: letIn ? "measured" : "refused",
    detail: letIn ? null : mostFrequent(summary.errors),
    phases: [firstConnect(summary, timeline), ...summary.storms.map((storm) => stormPhase(storm, timeline))],
    latencyMs: { connect, subscribe, configRequest },
    attempts: summary.totals.connectAttempts,
    accepted: summary.totals.connectsAccepted,
    refused: summary.totals.connectsRefused,
    errors: summary.errors,
    usage,
  };
}

function stormPhase(storm: Summary["storms"][number], timeline: readonly TimelineRow[]): Phase {
  return {
    name: `storm ${storm.index}: ${stormWords(storm)}`,
    verdict: storm.verdict,
    devices: devicesDue(storm),
    ready: storm.recovered,
    readyMs: storm.readyMs,
    connectsPerS: peakPerS(timeline, "connects_accepted", storm.at, storm.at + storm.windowMs),
    amplification: storm.amplification,
    generatorSaturated: storm.generatorSaturated,
  };
}

/** The time from the first attempt to the first storm, and when 50, 90, 99 and 100 % of the fleet were ready in it. */
function firstConnect(summary: Summary, timeline: readonly TimelineRow[]): Phase {
  const { devices } = summary.fleet;
  const untilMs = summary.storms.find(({ affected }) => affected > 0)?.at ?? Number.POSITIVE_INFINITY;
  const rows = timeline.filter(({ t_ms }) => t_ms < untilMs);
  const levels = readyLevels(rows);
  const begin = rows.find((row) => row.connect_attempts > 0)?.t_ms ?? 0;
  const reached = (share: number): number | null => {
    const at = levels.find(({ ready }) => ready >= Math.max(1, Math.ceil(share * devices)));
    return at === undefined ? null : at.endMs - begin;
  };
  const sum = (column: "connect_attempts" | "connects_accepted" | "config_requests"): number =>
    rows.reduce((total, row) => total + row[column], 0);
  const perDevice = (total: number): number | null => (devices === 0 ? null : total / devices);
  const lastMs = rows.at(-1)?.t_ms ?? 0;
  return {
    name: "first connect",
    verdict: null,
    devices,
    ready: levels.reduce((most, { ready }) => Math.max(most, ready), 0),
    readyMs: { p50: reached(0.5), p90: reached(0.9), p99: reached(0.99), max: reached(1) },
    connectsPerS: rows.length === 0 ? 0 : peakPerS(rows, "connects_accepted", begin, lastMs),
    amplification: {
      connect: perDevice(sum("connect_attempts")),
      config: perDevice(sum("config_requests")),
    },
    generatorSaturated: summary.generator.saturated,
  };
}

/** Ready devices of all cohorts at the end of each row. */
function readyLevels(rows: readonly TimelineRow[]): { endMs: number; ready: number }[] {
  const levels = new Map<number, number>();
  for (const { t_ms, ready } of rows) levels.set(t_ms, (levels.get(t_ms) ?? 0) + ready);
  return [...levels].map(([t_ms, ready]) => ({ endMs: t_ms + TIMELINE_ROW_MS, ready }));
}

function mostFrequent(errors: Readonly<Record<string, number>>): string | null {
  const [first] = Object.entries(errors).sort(([, a], [, b]) => b - a);
  return first === undefined ? null : `${first[0]}: ${first[1]}`;
}
