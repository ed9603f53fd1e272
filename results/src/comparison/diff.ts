import { fleetDue, recoveredShare } from "../judge/recovery.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { LatencyName, StormFields, StormSummary, Summary } from "../judge/summary-schema.ts";
import type { Verdict, VerdictAbsence } from "../judge/verdict.ts";

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
}

export type RunFacts = Pick<Summary, "testRunId" | "startedAt" | "target" | "complete"> & {
  devices: number;
  /** Nothing of it was measured. */
  isForecast: boolean;
};

export function diffSummaries(a: Summary, b: Summary): RunDiff {
  return {
    a: factsOf(a),
    b: factsOf(b),
    warnings: warningsOf(a, b),
    storms: union(
      a.storms.map(({ index }) => index),
      b.storms.map(({ index }) => index),
    )
      .sort((one, other) => one - other)
      .flatMap((index) => stormDiffs(index, stormOf(a, index), stormOf(b, index))),
    service: (Object.keys(a.latencyMs) as LatencyName[]).flatMap((name) => serviceRows(name, a, b)),
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

function stormOf(summary: Summary, index: number): StormSummary | undefined {
  return summary.storms.find((storm) => storm.index === index);
}

/** The whole fleet stands first, where either run has more than one cohort, touched or not; then each cohort. */
function stormDiffs(index: number, a: StormSummary | undefined, b: StormSummary | undefined): StormDiff[] {
  const [inA, inB] = [cohortsOf(a), cohortsOf(b)];
  const names = union([...inA.keys()], [...inB.keys()]);
  const whole = stormDiff(index, null, a, b);
  const cohorts = names.map((name) => stormDiff(index, name, inA.get(name), inB.get(name)));
  const isFleet = [a, b].every((storm) => Object.keys(storm?.cohorts ?? {}).length === 1);
  if (isFleet && cohorts.length === 1 && cohorts[0]?.in === "both") return cohorts;
  return [whole, ...cohorts];
}

/** Names are user text, so this is a Map; cohorts that the storm did not touch have nothing to compare. */
function cohortsOf(storm: StormSummary | undefined): Map<string, StormFields> {
  return new Map(Object.entries(storm?.cohorts ?? {}).filter(([, { affected }]) => affected > 0));
}

function stormDiff(
  storm: number,
  cohort: string | null,
  a: StormFields | undefined,
  b: StormFields | undefined,
): StormDiff {
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

function union<Value>(a: readonly Value[], b: readonly Value[]): Value[] {
  return [...new Set([...a, ...b])];
}
