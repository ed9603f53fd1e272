import type { ArtilleryScript, Helpers } from "../artillery.ts";
import type { ForecastAssumption, SampleRecord } from "../contract.ts";
import { deviceId, ONLY_CONTAINER } from "../device/identity.ts";
import { givenValues } from "../script/client-ids.ts";
import type { FleetPlan } from "../script/plan.ts";
import { type Problem, renderProblems } from "../script/problem.ts";
import { fleetSizeOf, isOneAtATime, sharedIdSentences } from "../script/shared-ids.ts";
import { validate } from "../script/validate.ts";
import { type Arrivals, arrivalsOf, devicesOf, scaledTo } from "./arrivals.ts";
import { artillerySteps } from "./artillery-steps.ts";
import { writeForecastFiles } from "./forecast-files.ts";
import { hearOneAnother } from "./hearing.ts";
import { availableMemory, memoryProblem, predictMemory } from "./memory.ts";
import { type Model, modelOf } from "./model.ts";
import { type Pilots, pilotsOf, pilotsRecord } from "./pilots.ts";
import { refusalsOf } from "./refusals.ts";
import {
  arrivalsOfSample,
  modelOfSample,
  resolutionOf,
  SAMPLE_DEVICES,
  type Sample,
  sampleAssumptions,
} from "./sample.ts";
import { arrivingLonger, type StormQuestion, stormsUpTo } from "./storm-alone.ts";
import { VirtualFleet } from "./virtual-fleet.ts";
import { type ForecastOptions, withOptions, withoutLogs } from "./what-if.ts";

export { BACKOFF_POLICIES, type BackoffSpec } from "../device/backoff.ts";
export { PRESET_NAMES } from "../device/backoff-presets.ts";
export { clientRecord } from "../fleet/client-record.ts";

export { predictMemory } from "./memory.ts";
export type { StormQuestion } from "./storm-alone.ts";
export { type ForecastOptions, SCALES, type Scale } from "./what-if.ts";

/** A script that can be forecast, and all that its forecast rests on. */
export interface PreparedForecast {
  script: ArtilleryScript;
  plan: FleetPlan;
  model: Model;
  arrivals: Arrivals[];
  assumptions: ForecastAssumption[];
  devices: number;
  /** Devices that arrive by the script alone. */
  written: number;
  /** Their records add up to that of one. */
  workers: number;
  predictedBytes: number;
  /** Null where each device is simulated. */
  sample: Sample | null;
  /** What tells how far a sample may be off; null where there is none. */
  pilots: Pilots | null;
}

/** The script is no good, or has what no model can know. */
export class ForecastRefused extends Error {
  override readonly name = "ForecastRefused";
}

export interface ForecastProgress {
  /** Virtual milliseconds so far. */
  nowMs: number;
  arrived: number;
  online: number;
  events: number;
}

export interface ForecastFiles {
  /** The files of a run go there. */
  directory: string;
  testRunId: string;
}

export interface ForecastRunOptions extends ForecastFiles {
  signal?: AbortSignal | undefined;
  onProgress?(progress: ForecastProgress): void;
  /** Hears what happens, a line each. */
  log?(line: string): void;
}

export interface ForecastRun {
  /** It ran to its end. */
  isComplete: boolean;
  devices: number;
  /** Virtual milliseconds. */
  tookMs: number;
  events: number;
}

/** Twice as many that speak to twice as many that hear are four times as many messages: no factor makes both right. */
const NO_SAMPLE =
  "devices of this script hear one another, and a sample of them would hear less than all do: ask for no more --devices than fit into memory, and no --sample";

/** So many events happen between two looks at signals. */
const EVENTS_AT_A_TIME = 100_000;

/**
 * Reads the script and what is asked of it; nothing happens yet.
 *
 * @throws a ForecastRefused that names every problem with its path
 */
export function prepareForecast(script: ArtilleryScript, options: ForecastOptions = {}): PreparedForecast {
  const { plan, problems } = validate(script);
  if (plan === null) throw refused(problems);
  const read = arrivalsOf(script.config.phases);
  const refusals = [...refusalsOf(plan), ...read.problems];
  if (refusals.length > 0 || read.arrivals === null) throw refused(refusals);
  const asked = withOptions(withoutLogs(plan), options);
  const { model, assumptions } = modelOf(asked, options.calibrations);
  const all = arrivalsAsked(read.arrivals, options);
  const hear = hearOneAnother(plan);
  const sample = sampleOf(devicesOf(all), hear, options.sample);
  if (sample !== null && hear) throw new ForecastRefused(NO_SAMPLE);
  const arrivals = sample === null ? all : arrivalsOfSample(all, sample);
  const written = devicesOf(read.arrivals);
  const grown =
    options.scale === "capacity" ? modelOfSample(model, { devices: devicesOf(all), of: written }) : model;
  const sampled = sample === null ? grown : modelOfSample(grown, sample);
  const happens = options.scale === "phases" ? withStormsLater(asked, read.arrivals, devicesOf(all)) : asked;
  const source = options.sample === undefined ? "model" : "option";
  const devices = devicesOf(arrivals);
  refuseWhatDoesNotFit(devices, hear);
  return {
    script,
    plan: happens,
    model: sampled,
    arrivals,
    assumptions: [
      ...(sample === null ? [] : sampleAssumptions(sampled, sample, source)),
      ...assumptionsOf(options, written),
      ...assumptions,
    ],
    devices,
    written,
    workers: options.workers ?? 1,
    predictedBytes: predictMemory(devices, hear),
    sample,
    pilots: sample && pilotsOf(happens, grown, all, sample),
  };
}

function arrivalsAsked(arrivals: Arrivals[], { devices, scale }: ForecastOptions): Arrivals[] {
  if (devices === undefined) return arrivals;
  return scale === "phases" ? arrivingLonger(arrivals, devices) : scaledTo(arrivals, devices);
}

/** Storms come as long after the fleet's arrival as they did. */
function withStormsLater(plan: FleetPlan, arrivals: readonly Arrivals[], devices: number): FleetPlan {
  return { ...plan, storms: stormsUpTo(plan.storms, arrivals, { storm: plan.storms.length, devices }) };
}

/** The sample that was asked for, or the one that fits where all do not; null where each device is simulated. */
function sampleOf(devices: number, hear: boolean, asked: number | undefined): Sample | null {
  const fits = memoryProblem(devices, hear, availableMemory()) === null;
  const most = asked ?? (fits ? devices : SAMPLE_DEVICES);
  return most < devices ? { devices: most, of: devices } : null;
}

/**
 * The same for one storm alone: what comes after it does not happen.
 *
 * @throws a ForecastRefused that names every problem with its path, or says why it would not fit into memory
 */
export function prepareStormForecast(
  script: ArtilleryScript,
  question: StormQuestion,
  options: Omit<ForecastOptions, "devices" | "sample" | "scale" | "windowMs"> = {},
): PreparedForecast {
  // What is looked for is a number of devices: none of them stands for others.
  const whole = prepareForecast(script, { ...options, sample: Number.POSITIVE_INFINITY });
  const { storm, devices = whole.devices } = question;
  const { storms } = whole.plan;
  if (storms[storm - 1] === undefined) {
    const allowed =
      storms.length === 0 ? "a script with storms" : `a storm of the script: 1 to ${storms.length}`;
    throw refused([{ path: "storm", value: storm, allowed }]);
  }
  const hear = hearOneAnother(whole.plan);
  refuseWhatDoesNotFit(devices, hear);
  return {
    ...whole,
    plan: { ...whole.plan, storms: stormsUpTo(storms, whole.arrivals, question) },
    arrivals: devices === whole.devices ? whole.arrivals : arrivingLonger(whole.arrivals, devices),
    devices,
    predictedBytes: predictMemory(devices, hear),
  };
}

function refuseWhatDoesNotFit(devices: number, hear: boolean): void {
  const problem = memoryProblem(devices, hear, availableMemory());
  if (problem !== null) throw new ForecastRefused(problem);
}

/** What a run of the script would say before it begins. Whatever the number of workers, rows are taken by one sequence here. */
export function forecastWarnings({ script, plan, devices, sample }: PreparedForecast): string[] {
  if (isOneAtATime(script.config.phases, 1)) return [];
  const size = fleetSizeOf(script, plan.cohorts, {
    devices: sample?.of ?? devices,
    readers: 1,
    nameOf: (place) => deviceId(ONLY_CONTAINER, place),
  });
  return sharedIdSentences(plan.cohorts, givenValues(script), size).map((text) => `mqtt: WARNING: ${text}`);
}

/**
 * Runs it from its first arrival to its last departure and writes the files of a run: the same for the same script, options and
 * seed, on every machine. The clock of this one is not read.
 */
export async function runForecast(
  prepared: PreparedForecast,
  options: ForecastRunOptions,
): Promise<ForecastRun> {
  const { plan, assumptions } = prepared;
  const { directory, testRunId, signal, onProgress, log = () => {} } = options;
  const helpers = await artillerySteps(plan);
  const fleet = new VirtualFleet({ ...prepared, helpers, log });
  await play(fleet, signal, ({ nowMs, arrived, events, online }) =>
    onProgress?.({ nowMs, arrived, events, online }),
  );
  const isComplete = fleet.isOver;
  fleet.stop();
  const sample = await sampleRecord(prepared, helpers, signal);
  const state = isComplete ? "ended" : "interrupted";
  writeForecastFiles({ directory, testRunId, plan, fleet, assumptions, sample, state });
  return { isComplete, devices: fleet.started, tookMs: fleet.nowMs, events: fleet.events };
}

/** To its end, or until it is interrupted. */
async function play(
  fleet: VirtualFleet,
  signal: AbortSignal | undefined,
  onProgress: (fleet: VirtualFleet) => void,
): Promise<void> {
  while (signal?.aborted !== true && fleet.advance(EVENTS_AT_A_TIME)) {
    onProgress(fleet);
    // Ctrl-C is heard in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A sample, and what its pilots came to, one after the other; null where each device was simulated. */
async function sampleRecord(
  { script, model, sample, pilots }: PreparedForecast,
  helpers: Helpers,
  signal: AbortSignal | undefined,
): Promise<SampleRecord | null> {
  if (sample === null || pilots === null) return null;
  const { plans, ...same } = pilots;
  const fleets: VirtualFleet[] = [];
  for (const plan of plans) {
    const fleet = new VirtualFleet({ ...same, script, plan, workers: 1, helpers, log: () => {} });
    await play(fleet, signal, () => {});
    if (!fleet.isOver) break;
    fleet.stop();
    fleets.push(fleet);
  }
  const isWhole = fleets.length === plans.length;
  return {
    ...sample,
    resolutionMs: resolutionOf(model),
    ...(isWhole ? { pilots: pilotsRecord(pilots.devices, fleets) } : {}),
  };
}

/** The forecast of a script, in the files of a run. */
export async function forecast(
  script: ArtilleryScript,
  options: ForecastOptions & ForecastRunOptions,
): Promise<ForecastRun> {
  return runForecast(prepareForecast(script, options), options);
}

function refused(problems: readonly Problem[]): ForecastRefused {
  return new ForecastRefused(renderProblems(problems));
}

function assumptionsOf(
  { devices, scale, fraction, seed, windowMs }: ForecastOptions,
  written: number,
): ForecastAssumption[] {
  const note = (name: string, value: string): ForecastAssumption => ({ name, value, source: "option" });
  return [
    ...(devices === undefined
      ? []
      : [
          note(
            "devices",
            `${devices} instead of the script's ${written}: ${scaleWords(scale, devices / written)}`,
          ),
        ]),
    ...(fraction === undefined ? [] : [note("fraction", `${fraction} in every storm that chooses devices`)]),
    ...(windowMs === undefined
      ? []
      : [
          note(
            "windows",
            `at least ${windowMs / 1000} s; storms after one that was shorter come as much later`,
          ),
        ]),
    ...(seed === undefined ? [] : [note("seed", String(seed))]),
  ];
}

function scaleWords(scale: ForecastOptions["scale"], factor: number): string {
  const times = Number(factor.toPrecision(3));
  switch (scale) {
    case "phases":
      return `the phases last ${times} times as long at the same rates, and storms come as much later; capacities stay as they are`;
    case "capacity":
      return `the phases keep their lengths and shares; rates and queues of broker and config service are ${times} times those below`;
    default:
      return "the phases keep their lengths and shares; capacities stay as they are";
  }
}
