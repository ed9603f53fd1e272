import { fleetDue, recoveredShare } from "../judge/recovery.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { LatencyName, StormFields, Summary } from "../judge/summary-schema.ts";
import type { Verdict, VerdictAbsence } from "../judge/verdict.ts";
import { type StormPair, stormPairs } from "./pairs.ts";
import { type SlowerResult, slowerResult } from "./slower.ts";

export type Unit = "ms" | "share" | "perDevice" | "perS" | "count";

/** One value in both runs; null: not reached, not measured, or the run has no such storm or cohort (`in` says so). */
export interface DiffRow {
  name: string;
  unit: Unit;
  a: number | null;
  b: number | null;
  /** b / a; null where one of them is null or a is 0. */
  ratio: number | null;
}

export interface StormDiff {
  storm: number;
  /** Null is the whole fleet. */
  cohort: string | null;
  in: "both" | "a" | "b";
  what: { a: string | null; b: string | null };
  verdict: { a: Verdict | null; b: Verdict | null };
  /** Why there is no verdict; null where there is one, or no such storm or cohort. */
  absence: { a: VerdictAbsence | null; b: VerdictAbsence | null };
  generatorSaturated: { a: boolean; b: boolean };
  rows: DiffRow[];
}

export interface RunDiff {
  a: RunFacts;
  b: RunFacts;
  /** What makes the comparison doubtful. */
  warnings: string[];
  storms: StormDiff[];
  /** Service times of what succeeded. */
  service: DiffRow[];
  /** Whether B recovered more slowly than is allowed; null where nobody asked. */
  slower: SlowerResult | null;
}

export type RunFacts = Pick<Summary, "testRunId" | "startedAt" | "target" | "complete"> & {
  devices: number;
  /** Nothing of it was measured. */
  isForecast: boolean;
};

/** @param failSlower B may take longer than A by this share of A's time; null where nobody asks */
export function diffSummaries(a: Summary, b: Summary, failSlower: number | null = null): RunDiff {
  return {
    a: factsOf(a),
    b: factsOf(b),
    warnings: warningsOf(a, b),
    storms: stormPairs(a, b).map(stormDiff),
    service: (Object.keys(a.latencyMs) as LatencyName[]).flatMap((name) => serviceRows(name, a, b)),
    slower: failSlower === null ? null : slowerResult(a, b, failSlower),
  };
}

function factsOf({ testRunId, startedAt, target, complete, fleet, forecast }: Summary): RunFacts {
  return { testRunId, startedAt, target, complete, devices: fleet.devices, isForecast: forecast !== null };
}

function warningsOf(a: Summary, b: Summary): string[] {
  const warnings: string[] = [];
  for (const [name, run] of Object.entries({ A: a, B: b })) {
    if (!run.complete) warnings.push(`${name} is incomplete`);
    if (run.forecast !== null) warnings.push(`${name} is a FORECAST: nothing of it was measured`);
    if (run.generator?.saturated) warnings.push(`${name}: generator saturated`);
  }
  if (a.fleet.devices !== b.fleet.devices) {
    warnings.push(`the fleets differ in size: ${a.fleet.devices} and ${b.fleet.devices} devices`);
  }
  return warnings;
}

function stormDiff({ storm, cohort, a, b }: StormPair): StormDiff {
  const [valuesA, valuesB] = [stormValues(a), stormValues(b)];
  return {
    storm,
    cohort,
    in: a === undefined ? "b" : b === undefined ? "a" : "both",
    what: { a: whatOf(a), b: whatOf(b) },
    verdict: { a: a?.verdict ?? null, b: b?.verdict ?? null },
    absence: { a: a?.verdictAbsence ?? null, b: b?.verdictAbsence ?? null },
    generatorSaturated: { a: a?.generatorSaturated ?? false, b: b?.generatorSaturated ?? false },
    rows: valuesA.map(([name, unit, value], i) => rowOf(name, unit, value, valuesB[i]?.[2] ?? null)),
  };
}

function whatOf(storm: StormFields | undefined): string | null {
  return storm ? stormWords(storm) : null;
}

function stormValues(storm: StormFields | undefined): [string, Unit, number | null][] {
  const share = storm ? recoveredShare(storm) : null;
  const fleet = storm ? fleetDue(storm) : 0;
  const readyAtEnd = storm && fleet > 0 ? storm.fleetReadyAtEnd / fleet : null;
  return [
    ["affected", "count", storm?.affected ?? null],
    ["recovered", "share", share],
    ["fleet ready at the end", "share", readyAtEnd],
    ["already offline", "count", storm?.alreadyOffline ?? null],
    ["lost again", "count", storm?.lostAgain ?? null],
    ["ready p50", "ms", storm?.readyMs.p50 ?? null],
    ["ready p90", "ms", storm?.readyMs.p90 ?? null],
    ["ready p99", "ms", storm?.readyMs.p99 ?? null],
    ["ready max", "ms", storm?.readyMs.max ?? null],
    ["reconnect p99", "ms", storm?.reconnectMs.p99 ?? null],
    ["connects per device", "perDevice", storm?.amplification.connect ?? null],
    ["config requests per device", "perDevice", storm?.amplification.config ?? null],
    ["peak connect attempts", "perS", storm?.peak.connectAttemptsPerS ?? null],
    ["peak config requests", "perS", storm?.peak.configRequestsPerS ?? null],
  ];
}

const SERVICE_WORDS: Record<LatencyName, string> = {
  connect: "connect",
  tcp: "TCP",
  tlsFull: "TLS full",
  tlsResumed: "TLS resumed",
  websocket: "WebSocket upgrade",
  connack: "CONNECT to CONNACK",
  subscribe: "subscribe",
  publish: "publish",
  configRequest: "config request",
  auth: "credentials",
};

function serviceRows(name: LatencyName, { latencyMs: a }: Summary, { latencyMs: b }: Summary): DiffRow[] {
  if (a[name].count === 0 && b[name].count === 0) return [];
  return (["p50", "p99", "max"] as const).map((percentile) =>
    rowOf(`${SERVICE_WORDS[name]} ${percentile}`, "ms", a[name][percentile], b[name][percentile]),
  );
}

function rowOf(name: string, unit: Unit, a: number | null, b: number | null): DiffRow {
  return { name, unit, a, b, ratio: a === null || b === null || a === 0 ? null : b / a };
}
