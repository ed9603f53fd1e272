import { basename, join } from "node:path";
import type { ForecastOptions, PreparedForecast } from "artillery-engine-mqtt/forecast";
import { parseConfig } from "../config/config.ts";
import { isThere } from "../forecasting/at-work.ts";
import { bracketOf, nextToTry, type Space, triesLeft } from "../forecasting/boundary.ts";
import { conclusionOf } from "../forecasting/conclusion.ts";
import { consoleSheet } from "../forecasting/console.ts";
import { findingCsv } from "../forecasting/csv.ts";
import { type Find, type Finding, findingJson, type Question, type Search } from "../forecasting/finding.ts";
import { frontierOf } from "../forecasting/frontier.ts";
import { type Outcome, recoversWithin } from "../forecasting/outcome.ts";
import { renderSheet } from "../forecasting/page.ts";
import { type Candidate, candidatesOf, ownPolicyName } from "../forecasting/policies.ts";
import { sheetOf } from "../forecasting/sheet.ts";
import { type Server, withRate, withReconnect } from "../forecasting/variants.ts";
import { outcomeWords } from "../forecasting/words.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { count, counted, duration } from "../judge/number-words.ts";
import { type FindOptions, gridOf, namesOf } from "./find-options.ts";
import { sayTried, tryForecast } from "./find-trials.ts";
import { type Engine, refusable } from "./forecast-engine.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io, invalid } from "./io.ts";
import { plannedWords } from "./planned-words.ts";
import { forecastId, type LoadedScript, scriptName } from "./script-to-forecast.ts";
import { makeOrRefuse, writeTexts } from "./write-texts.ts";

export interface FindAsked extends Omit<FindOptions, "find"> {
  find: Find;
  devices?: number | undefined;
  fraction?: number | undefined;
  seed?: number | undefined;
  calibrations?: ForecastOptions["calibrations"];
}

/** Neighbours that are no further apart end a search. */
const TOLERANCE = 0.02;
/** A fleet may become so many times as large as the script's, a capacity so many times as large or as small. */
const LARGEST_FLEET = 100;
const CAPACITY_RANGE = 1000;

/** What a search has at hand. */
interface Bench {
  engine: Engine;
  script: LoadedScript;
  asked: FindAsked;
  question: Question;
  /** The script as it is. */
  own: PreparedForecast;
  candidates: Candidate[];
  signal: AbortSignal;
  io: Io;
}

/** `forecast --find`: runs the forecasts, and writes and prints what they come to. Returns the exit code. */
export async function runFind(
  path: string,
  script: LoadedScript,
  asked: FindAsked,
  output: string,
  engine: Engine,
  io: Io,
): Promise<number> {
  const own = refusable(engine, () => prepare(engine, script, asked));
  const candidates = candidatesOf(
    namesOf(asked),
    { policies: engine.BACKOFF_POLICIES, presets: engine.PRESET_NAMES },
    gridOf(asked),
    ownPolicyName(own.plan.cohorts.map(({ client }) => engine.clientRecord(client))),
  );
  const question = questionOf(path, script, asked, own);
  const directory = join(output, forecastId(scriptName(path), script, asked, `find-${asked.find}`));
  makeOrRefuse(directory);
  const { result: finding, signalCode } = await interruptible((signal) => {
    const bench = { engine, script, asked, question, own, candidates, signal, io };
    return asked.find === "policy" ? findPolicy(bench) : findBoundary(bench, asked.find);
  });
  const conclusion = conclusionOf(finding);
  const sheet = sheetOf(finding, conclusion);
  const { paths, problems } = writeTexts(directory, {
    "find.csv": findingCsv(finding),
    "find.html": renderSheet(sheet),
    "find.json": findingJson(finding, conclusion),
  });
  // What cannot be kept is at least shown.
  io.out(`${consoleSheet(sheet, { colour: io.colour, files: paths })}\n`);
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  if (signalCode !== null) {
    io.err("interrupted: what is known up to here was kept\n");
    return signalCode;
  }
  const outcomes = outcomesOf(finding);
  return outcomes.every((one) => one.verdict === null || !isThere(one))
    ? EXIT_CODES.notMeasured.code
    : EXIT_CODES.ok.code;
}

function prepare(
  engine: Engine,
  script: LoadedScript,
  { storm = 1, within, fraction, seed, calibrations }: FindAsked,
  devices?: number,
): PreparedForecast {
  const question = { storm, watchMs: within, devices };
  return engine.prepareStormForecast(script, question, { fraction, seed, calibrations });
}

function questionOf(
  path: string,
  script: LoadedScript,
  { find, storm = 1, within, of }: FindAsked,
  { plan, devices, assumptions }: PreparedForecast,
): Question {
  const judged = plan.storms.find(({ index }) => index === storm);
  if (judged === undefined) throw new RangeError(`storm ${storm} was not prepared`);
  const plugins = script.config["plugins"] as Record<string, unknown> | undefined;
  const config = parseConfig(plugins?.["mqtt-results"]);
  if (!config.ok) throw invalid(config.problems.join("\n"));
  const searched = find === "capacity" ? RATE_NAMES[of ?? "config-service"] : [];
  const [name = find === "fleet" ? "devices" : "back-off"] = searched;
  const value = {
    fleet: `searched (the script has ${devices}): phases last longer at the same rates, and storms come as much later`,
    capacity: `searched, and the same from the beginning to the end${plan.regions === null ? "" : ", in each region"}`,
    policy: "compared",
  }[find];
  return {
    script: basename(path),
    storm: {
      index: storm,
      words: plannedWords(plan, judged),
      windowMs: judged.windowMs,
    },
    target: config.config.target,
    withinMs: within ?? null,
    devices,
    seed: plan.settings.seed,
    assumptions: [
      { name, value, source: "option" },
      ...assumptions.filter((one) => !searched.includes(one.name)),
    ],
  };
}

/** Assumptions of the model that a search of that rate takes the place of. */
const RATE_NAMES: Record<Server, readonly string[]> = {
  "config-service": ["config service: capacity", "config service: scale up", "calibration: config service"],
  broker: ["broker: connects"],
};

// ---- fleet and capacity ---------------------------------------------------------------------------------------------

async function findBoundary(bench: Bench, find: "fleet" | "capacity"): Promise<Finding> {
  const { question, asked, candidates } = bench;
  const server = asked.of ?? "config-service";
  const space = find === "fleet" ? fleetSpace(bench) : capacitySpace(bench, server);
  const searches: Search[] = [];
  let done = 0;
  let interrupted = false;
  for (const candidate of candidates) {
    const script = scriptWith(bench.script, candidate);
    const search: Search = {
      policy: candidate.name,
      space,
      points: [],
      bracket: { holds: null, fails: null },
      stopped: null,
    };
    searches.push(search);
    const { points } = search;
    for (;;) {
      const value = nextToTry(space, points);
      if (value === null) break;
      const prepared = preparedFor(bench, search, () =>
        find === "fleet"
          ? prepare(bench.engine, script, asked, value)
          : withRate(prepare(bench.engine, script, asked, asked.devices), server, value),
      );
      if (prepared === null) break;
      const outcome = await outcomeIn(bench, prepared);
      interrupted = outcome === null;
      if (outcome === null) break;
      const holds = recoversWithin(outcome, question.withinMs);
      points.push({ value, holds, outcome });
      search.bracket = bracketOf(space, points);
      const left = triesLeft(space, points) + triesLeft(space, []) * (candidates.length - searches.length);
      const tried = find === "fleet" ? counted(value, "device") : `${count(value)} per s`;
      sayTried(bench.io, ++done, done + left, `${candidate.name}, ${tried}: ${shortWords(outcome, holds)}`);
    }
    if (interrupted) break;
  }
  return find === "fleet"
    ? { find, question, interrupted, searches }
    : { find, of: server, question, interrupted, searches };
}

/** Null where it would not fit: the search ends with what it has, unless that is nothing. */
function preparedFor(
  { engine }: Bench,
  search: Search,
  make: () => PreparedForecast,
): PreparedForecast | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof engine.ForecastRefused)) throw error;
    if (search.points.length === 0) throw invalid(error.message);
    search.stopped = error.message;
    return null;
  }
}

function fleetSpace({ own, asked }: Bench): Space {
  const fraction = own.plan.storms.at(-1)?.fraction ?? 1;
  // Of a smaller fleet the storm would take nobody.
  const lowest = Math.ceil(1 / fraction - 1e-9);
  const highest = asked.devices ?? own.devices * LARGEST_FLEET;
  if (highest < lowest) {
    throw invalid(
      `--devices ${highest}: allowed are ${lowest} and more: a storm of ${fraction} takes no device of fewer`,
    );
  }
  return { lowest, highest, start: own.devices, holds: "below", tolerance: TOLERANCE };
}

function capacitySpace({ own }: Bench, server: Server): Space {
  const { model } = own;
  const rate = server === "broker" ? model.broker.connects : (model.services[0]?.capacity ?? null);
  if (rate === null) {
    throw invalid(
      "--of config-service: the script has none; allowed is a script with config.engines.mqtt.configService or forecast.configService, or --of broker",
    );
  }
  const start = Math.max(1, Math.round(rate));
  if (server === "config-service" && model.services.some((one) => one?.capacity !== rate)) {
    throw invalid(
      "--of config-service: regions of the lab have capacities of their own; allowed are regions without capacity",
    );
  }
  return {
    lowest: Math.max(1, Math.round(start / CAPACITY_RANGE)),
    highest: start * CAPACITY_RANGE,
    start,
    holds: "above",
    tolerance: TOLERANCE,
    bothWays: server === "broker",
  };
}

// ---- policies -------------------------------------------------------------------------------------------------------

async function findPolicy(bench: Bench): Promise<Finding> {
  const { engine, question, asked, candidates, io } = bench;
  const tries: { policy: string; holds: boolean; outcome: Outcome }[] = [];
  let interrupted = false;
  for (const candidate of candidates) {
    const script = scriptWith(bench.script, candidate);
    const prepared = refusable(engine, () => prepare(engine, script, asked, asked.devices));
    const outcome = await outcomeIn(bench, prepared);
    interrupted = outcome === null;
    if (outcome === null) break;
    const holds = recoversWithin(outcome, question.withinMs);
    tries.push({ policy: candidate.name, holds, outcome });
    sayTried(io, tries.length, candidates.length, `${candidate.name}: ${shortWords(outcome, holds)}`);
  }
  const frontier = frontierOf(
    tries.map(({ holds, outcome }) =>
      holds && outcome.readyMs.target !== null
        ? { timeMs: outcome.readyMs.target, load: outcome.peak.connectsPerS }
        : null,
    ),
  );
  return {
    find: "policy",
    question,
    interrupted,
    planned: candidates.length,
    points: tries.map((one, place) => ({ ...one, frontier: frontier[place] === true })),
  };
}

// ---- all of them ----------------------------------------------------------------------------------------------------

function scriptWith(script: LoadedScript, { reconnect }: Candidate): LoadedScript {
  return reconnect === null ? script : withReconnect(script, reconnect);
}

function outcomeIn(
  { engine, asked, question, signal, io }: Bench,
  prepared: PreparedForecast,
): Promise<Outcome | null> {
  return tryForecast(prepared, { engine, storm: asked.storm ?? 1, target: question.target, signal, io });
}

function shortWords(outcome: Outcome, holds: boolean): string {
  const { p99 } = outcome.readyMs;
  return `${outcomeWords(outcome, holds)}${p99 === null ? "" : `, 99 % ready after ${duration(p99)}`}`;
}

function outcomesOf(finding: Finding): Outcome[] {
  return finding.find === "policy"
    ? finding.points.map(({ outcome }) => outcome)
    : finding.searches.flatMap(({ points }) => points.map(({ outcome }) => outcome));
}
