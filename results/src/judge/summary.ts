import {
  COUNTER_NAMES,
  type CounterName,
  FILES,
  parseHistogramTag,
  REFUSED_HERE,
  SCHEMA_VERSION,
} from "artillery-engine-mqtt/contract";
import { firstSentences } from "../run/first-sentences.ts";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type Fail, failuresOf, gateChecks } from "./gate.ts";
import { generatorSummary } from "./generator.ts";
import { runMessages } from "./message-summary.ts";
import { absentWords, partWords } from "./presence-words.ts";
import { forecastSummary } from "./sampling.ts";
import { serviceTime } from "./service-time.ts";
import { summarizeStorms } from "./storm-summary.ts";
import { sum } from "./sum.ts";
import { type LatencySummary, SERVICE_TIME_METRICS, type Summary } from "./summary-schema.ts";
import { warningsOf } from "./warnings.ts";

export interface SummaryOptions {
  /** Share of the affected devices that must be ready for `recovered`. 0..1 */
  target: number;
  /** What could not be read. */
  problems: readonly string[];
  /** A part of the fleet did not end its run, and nobody had asked it to. */
  isPartLost?: boolean | undefined;
  fail?: Fail | undefined;
  /** The files are those of one machine of several, which are merged later: what others measured is not missing. */
  of?: "run" | "machine";
}

/** So many containers without files are named. */
const MOST_ABSENT = 5;

export function buildSummary(run: MergedRun, options: SummaryOptions): Summary {
  const measured = measuredSummary(run, options);
  const checks = options.fail ? gateChecks(options.fail, measured) : [];
  const gate = failuresOf(checks);
  const isUnknown = run.labEnds.length > 0 || (options.isPartLost === true && !isJudged(measured));
  return { ...measured, gate, gateChecks: checks, exit: exitOf(measured, gate.length > 0, isUnknown) };
}

/** Each storm has a verdict. */
function isJudged({ storms }: Pick<Summary, "storms">): boolean {
  return storms.every(({ verdict }) => verdict !== null);
}

function exitOf(
  { fleet, storms }: Pick<Summary, "fleet" | "storms">,
  failed: boolean,
  isUnknown: boolean,
): Summary["exit"] {
  if (fleet.devices > 0 && fleet.everOnline === 0) return EXIT_CODES.noDeviceOnline;
  if (failed) return EXIT_CODES.gate;
  return isUnknown || storms.some(isUnmeasured) ? EXIT_CODES.notMeasured : EXIT_CODES.ok;
}

/** What a storm was to tell was not measured, though it came and was not cut short by the user. */
function isUnmeasured({ verdictAbsence, alreadyOffline }: Summary["storms"][number]): boolean {
  switch (verdictAbsence) {
    case "not-watched":
    case "no-baseline":
    case "disturbed":
    case "capacity-unknown":
      return true;
    // The devices were there, and no longer online.
    case "nobody-affected":
      return alreadyOffline > 0;
    default:
      return false;
  }
}

function measuredSummary(
  run: MergedRun,
  options: SummaryOptions,
): Omit<Summary, "gate" | "gateChecks" | "exit"> {
  const absent = run.absent.map(absentWords);
  const isPart = options.of === "machine";
  const missing = [
    ...options.problems,
    ...run.workers.flatMap(unfinished),
    ...(isPart ? [] : firstSentences(absent, MOST_ABSENT, "containers")),
  ];
  const fleet = [...run.cohorts];
  const devices = sum(fleet.map(([, cohort]) => cohort.devices));
  const everOnline = sum(fleet.map(([, cohort]) => cohort.everOnline));
  const storms = summarizeStorms(run, options.target);
  return {
    schemaVersion: SCHEMA_VERSION,
    testRunId: run.testRunId,
    startedAt: isoTime(run.startedAtMs),
    endedAt: isoTime(run.endedAtMs),
    timeZeroAt: isoTime(run.timeZeroMs),
    complete: missing.length === 0,
    missing,
    warnings: [...warningsOf(run), ...(isPart ? partWords(run.absent) : [])],
    target: run.target,
    tls: run.tls,
    http: run.http,
    workers: run.workers.length,
    clocks:
      run.clocks.length > 1
        ? run.clocks.map(({ container, reading }) => ({
            container,
            aheadMs: reading?.aheadMs ?? null,
            uncertaintyMs: reading?.uncertaintyMs ?? null,
          }))
        : [],
    recoveryTarget: options.target,
    fleet: {
      devices,
      everOnline,
      cohorts: Object.fromEntries(fleet.map(([name, cohort]) => [name, cohort.devices])),
      clients: Object.fromEntries(run.clients),
    },
    storms,
    regions: Object.fromEntries(run.regions),
    totals: Object.fromEntries(
      COUNTER_NAMES.map((name) => [name, sum([...run.counters.values()].map((counters) => counters[name]))]),
    ) as Record<CounterName, number>,
    disconnects: sumOverCohorts(run.disconnects),
    stopped: byCohort(run.stopped),
    gaveUp: byCohort(run.gaveUp),
    latencyMs: Object.fromEntries(
      Object.entries(SERVICE_TIME_METRICS).map(([name, metric]) => [name, latencyOf(run, metric)]),
    ) as Summary["latencyMs"],
    messages: runMessages(run),
    errors: sumOverCohorts(run.errors),
    errorsByCohort: Object.fromEntries(
      [...run.errors].map(([name, errors]) => [name, Object.fromEntries(errors)]),
    ),
    generator: runGenerator(run, storms),
    forecast: run.forecast && forecastSummary(run.forecast, storms, run),
  };
}

function unfinished({ workerId, state, updatedAtMs }: MergedRun["workers"][number]): string[] {
  if (state === "ended") return [];
  if (state === "interrupted") return [`worker ${workerId} was interrupted before its devices had finished`];
  return [`worker ${workerId} was killed: ${FILES.workerRecord(workerId)} ends at ${isoTime(updatedAtMs)}`];
}

/** Service times of all cohorts together, over the operations that succeeded. */
function latencyOf(run: MergedRun, metric: string): LatencySummary {
  const same = [...run.histograms].filter(([tag]) => parseHistogramTag(tag)?.metric === metric);
  return serviceTime(addHistograms(same.map(([, one]) => one)), run.generators);
}

/** Quiet times of a run dilute what happened in a storm, so a generator that was saturated in one was saturated. */
function runGenerator(run: MergedRun, storms: Summary["storms"]): Summary["generator"] {
  const whole = generatorSummary({
    workers: run.generators,
    reportedMs: [],
    refusedHere: refusedHere(run),
  });
  // In a forecast nothing generates load.
  if (whole === null) return null;
  const inStorms = storms.flatMap(({ index, generator }) =>
    (generator?.reasons ?? []).map((reason) => `storm ${index}: ${reason}`),
  );
  const reasons = [...whole.reasons, ...inStorms];
  return { ...whole, saturated: reasons.length > 0, reasons };
}

/** Outside of storms too, devices that cannot even arrive are no fault of the target's. */
function refusedHere({ errors }: MergedRun): number {
  const ofCohorts = [...errors.values()];
  return sum(REFUSED_HERE.flatMap((name) => ofCohorts.map((counts) => counts.get(name) ?? 0)));
}

/** Cohorts in which there was any. */
function byCohort(cohorts: ReadonlyMap<string, ReadonlyMap<string, number>>): Summary["stopped"] {
  const known = [...cohorts].filter(([, counts]) => counts.size > 0);
  return Object.fromEntries(known.map(([name, counts]) => [name, Object.fromEntries(counts)]));
}

function sumOverCohorts(cohorts: Map<string, Map<string, number>>): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of [...cohorts.values()].flatMap((counts) => [...counts])) {
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
