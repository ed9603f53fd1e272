import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  type Calibration,
  DEFAULT_OUTPUT,
  hideEnvironment,
  PLUGIN_NAME,
  printable,
} from "artillery-engine-mqtt/contract";
import type { ForecastOptions, PreparedForecast, Scale } from "artillery-engine-mqtt/forecast";
import { type Command, Option } from "commander";
import { parseConfig } from "../config/config.ts";
import { consoleSummary } from "../console/summary.ts";
import { heldAgainst, keepMeasured } from "../directory/held-against.ts";
import { type MergedResults, mergeDirectories } from "../directory/judged-runs.ts";
import { calibrationOf } from "../judge/calibration.ts";
import { count, counted } from "../judge/number-words.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { accuracyText } from "./accuracy-text.ts";
import { runFind } from "./find-forecast.ts";
import { addFindOptions, checkFindOptions, durationMs, FIND_HELP, type FindOptions } from "./find-options.ts";
import { type Engine, refusable } from "./forecast-engine.ts";
import { forecastRun, writeForecastResults } from "./forecast-run.ts";
import { another, deviceCount, sampleCount, shares, wholeNumber, workerCount } from "./forecast-values.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io, invalid } from "./io.ts";
import { nextActionText } from "./next-action-text.ts";
import { forecastId, type LoadedScript, loadScript, scriptName } from "./script-to-forecast.ts";
import { runSideBySide } from "./side-by-side-forecast.ts";

/** As the engine has them; it is not loaded to say what is allowed. */
const SCALES = ["phases", "capacity"] as const satisfies Scale[];

interface Options extends FindOptions {
  devices?: number;
  scale?: Scale;
  fraction?: number[];
  /** Milliseconds. */
  window?: number;
  seed?: number;
  sample?: number;
  environment?: string;
  target?: string;
  workers?: number;
  calibrate: string[];
  /** Directory of a measured run. */
  against?: string;
  output: string;
}

const HELP = `
Runs the devices of the script in virtual time, against a model of network, broker and back end, and writes the files of a
run: report, show and diff read them, and say FORECAST. What the model takes for granted is printed with the result; its
values are config.engines.mqtt.forecast of the script, else those of its lab, else defaults. What it cannot know (functions
of a processor, commands, servers of others) is refused by name. --calibrate reads a run of scenarios/calibrate.yml against the
target: the knees and latencies that it found go before all of these, and what it did not reach is said. The same script, options and seed give the same bytes.
With --devices alone phases keep their lengths, and capacities stay: a larger fleet arrives faster. --scale phases lets them last
longer at the same rates instead, and storms come later; --scale capacity makes broker and config service as much larger.
Several shares (--fraction 0.25,0.5,1), policies (--policy) or both are forecast side by side: each is a run of its own, and
one table (forecasts.csv, .json, .html) says what they come to. Ctrl-C keeps what is known by then.
${FIND_HELP}
Examples:
  mqtt-results forecast scenarios/mass-reconnect.yml
  mqtt-results forecast scenarios/mass-reconnect.yml --devices 100k --scale capacity
  mqtt-results forecast scenarios/mass-reconnect.yml --fraction 0.25,0.5,1
  mqtt-results forecast scenarios/mass-reconnect.yml --policy script full-jitter aws-iot
  mqtt-results forecast scenarios/mass-reconnect.yml --find fleet --fraction 1
  mqtt-results forecast scenarios/mass-reconnect.yml --find capacity --of config-service --within 10s
  mqtt-results forecast scenarios/mass-reconnect.yml --find policy --policy script full-jitter aws-iot --base 1s,10s
  mqtt-results forecast --against mqtt-results/t6kjg_9aaaz
  mqtt-results forecast scenarios/mass-reconnect.yml --calibrate mqtt-results/t6kjg_9aaaz`;

export function addForecast(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("forecast")
    .description("the same devices in virtual time: what a script would come to, without a broker")
    .argument(
      "[script]",
      "script to forecast, or the directory of a run that holds one (default: that of --against)",
    )
    .option("--devices <n>", "so many devices arrive instead: 250000, 250k or 1M", deviceCount)
    .addOption(
      new Option("--scale <what>", "what grows with --devices (default: nothing does)").choices([...SCALES]),
    )
    .option(
      "--fraction <shares>",
      "every storm chooses this share of the fleet, above 0 and up to 1; several side by side: 0.25,0.5,1",
      shares,
    )
    .option(
      "--window <duration>",
      "every storm is watched for at least so long; later ones come later",
      durationMs,
    )
    .option("--seed <n>", "another seed than the script's", wholeNumber)
    .option("--sample <n>", "simulate so many devices, which stand for all: 100k", sampleCount)
    .option("--workers <n>", "divide the fleet over so many workers, as a real run does", workerCount)
    .option(
      "--against <run>",
      "directory of a measured run: both side by side, with the error of each figure",
    )
    .option("--calibrate <dir>", "a run that ramped the load on the target; may be given again", another, [])
    .option("-e, --environment <name>", "one of the script's config.environments, as artillery run takes it")
    .option("-t, --target <url>", "in place of the script's config.target, as artillery run takes it")
    .option("-o, --output <directory>", "the run's own directory is made in it", DEFAULT_OUTPUT);
  addFindOptions(command)
    .addHelpText("after", HELP)
    .action(async (path: string | undefined, options: Options) => {
      end(await runForecastCommand(path, options, io));
    });
}

async function runForecastCommand(argument: string | undefined, options: Options, io: Io): Promise<number> {
  const given = argument && scriptPath(argument);
  const {
    output,
    against,
    devices,
    scale,
    window: windowMs,
    seed,
    sample,
    workers,
    find,
    fraction: fractions = [],
  } = options;
  const path = given ?? (against === undefined ? null : join(against, RUN_FILES.script));
  if (path === null)
    throw invalid("a script is missing; or --against the directory of a run, which holds its own");
  const script = loadScript(path, { environment: options.environment, target: options.target });
  hideEnvironment({ _scriptPath: resolve(path) });
  checkPlugin(script);
  // The engine is loaded by whoever needs it: the other commands start without it.
  const engine = await import("artillery-engine-mqtt/forecast");
  checkFindOptions(options, { policies: engine.BACKOFF_POLICIES, presets: engine.PRESET_NAMES });
  checkTogether(options, given !== undefined);
  const calibrations = options.calibrate.map(readCalibration);
  const shared = {
    devices,
    scale,
    windowMs,
    seed,
    sample,
    workers,
    calibrations: calibrations.length === 0 ? undefined : calibrations,
  };
  const [fraction] = fractions;
  if (find !== undefined && given !== undefined)
    return runFind(given, script, { find, ...searchOf(options), ...shared, fraction }, output, engine, io);
  const name = argument === undefined ? null : scriptName(argument);
  if (fractions.length > 1 || options.policy !== undefined) {
    const { policy, base, cap } = options;
    const asked = { file: path, script, fractions, policies: { policy, base, cap }, shared, output };
    return runSideBySide({ ...asked, name: name ?? "run" }, engine, io);
  }
  return runOne({ name, script, options: { ...shared, fraction }, against, output }, engine, io);
}

/** What is asked of a search beside what is asked of every forecast. */
function searchOf({ storm, within, of, policy, base, cap }: FindOptions): Omit<FindOptions, "find"> {
  return { storm, within, of, policy, base, cap };
}

/** What goes with what: each is said before anything is run. */
function checkTogether(options: Options, hasScript: boolean): void {
  const { find, against, sample, workers, devices, scale, window, fraction = [], policy } = options;
  if (scale !== undefined && devices === undefined)
    throw invalid(`--scale ${scale}: allowed with --devices: it says what grows with the fleet`);
  if (window !== undefined && find !== undefined)
    throw invalid("--window: allowed without --find, where --within has the storm watched for longer");
  if (scale !== undefined && find !== undefined)
    throw invalid(`--scale ${scale}: allowed without --find, whose fleets arrive at the script's rates`);
  if (find !== undefined && (!hasScript || against !== undefined))
    throw invalid("--find: allowed with the path of a script, and not with --against");
  if (find !== undefined && sample !== undefined)
    throw invalid("--find: allowed without --sample: what is looked for is a number of devices");
  if (find !== undefined && workers !== undefined)
    throw invalid("--find: allowed without --workers: however many there are, each answer is the same");
  if (find !== undefined && fraction.length > 1)
    throw invalid(`--fraction ${fraction.join(",")}: allowed is one share with --find`);
  if (against === undefined) return;
  if (fraction.length > 1)
    throw invalid(`--fraction ${fraction.join(",")}: allowed is one share with --against`);
  if (policy !== undefined)
    throw invalid("--policy: allowed without --against: what was measured had the policy of its own script");
}

interface OneAsked {
  /** Null for that of the measured run. */
  name: string | null;
  script: LoadedScript;
  options: ForecastOptions;
  against: string | undefined;
  output: string;
}

async function runOne(asked: OneAsked, engine: Engine, io: Io): Promise<number> {
  const { script, options, against, output } = asked;
  const measured = against === undefined ? null : measuredRun(against);
  const prepared = refusable(engine, () => engine.prepareForecast(script, options));
  if (measured !== null) refuseOtherStorms(against ?? "", measured, prepared);
  io.err(`${predictionLine(prepared)}\n`);
  const measuredId = measured?.summary.testRunId;
  // Whether a fleet fits, and is not sampled, depends on the machine.
  const testRunId = forecastId(asked.name ?? measuredId ?? "run", script, {
    ...options,
    sample: prepared.sample,
    against: measuredId,
  });
  const directory = resolve(output, testRunId);
  const { result, signalCode } = await interruptible((signal) =>
    forecastRun(prepared, { engine, script, directory, testRunId, signal, io }),
  );
  if (against !== undefined) keepMeasured(against, directory);
  const held = heldAgainst(directory, result, {});
  const { summary } = result;
  const { paths, problems } = writeForecastResults(directory, result, held);
  const files = paths.map((one) => relative(process.cwd(), one));
  io.out(`${consoleSummary(summary, { colour: io.colour, files })}\n`);
  if (held !== null) io.out(`${accuracyText(held, summary, io)}\n`);
  io.out(nextActionText(prepared, options, [summary], io));
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  if (signalCode !== null) io.err("interrupted: what is known up to here was kept\n");
  return signalCode ?? summary.exit.code;
}

/** The directory of a run holds its own script. */
function scriptPath(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, RUN_FILES.script) : path;
}

/** @throws an error whose message says why the run cannot be read, that nobody measured it, or that it found nothing */
function readCalibration(directory: string): Calibration {
  const { run, summary } = mergeDirectories([directory], {});
  if (summary.forecast !== null)
    throw invalid(
      `--calibrate ${directory}: a forecast, which knows of the target only what its model was given; allowed: a run that was measured`,
    );
  const calibration = calibrationOf(run, summary);
  if (calibration.broker === null && calibration.answers === null)
    throw invalid(
      `--calibrate ${directory}: no load in it grew from one that was served in time; allowed: a run of scenarios/calibrate.yml, which ramps it`,
    );
  return calibration;
}

/** A forecast is held against what was measured, and nothing else. */
function measuredRun(directory: string): MergedResults {
  const measured = mergeDirectories([directory], {});
  if (measured.summary.forecast !== null)
    throw invalid(
      `--against ${directory}: a forecast; allowed: a run that was measured (mqtt-results diff shows two forecasts side by side)`,
    );
  return measured;
}

/** Storms are matched by their number: without one in common there is nothing to hold against each other. */
function refuseOtherStorms(directory: string, { summary }: MergedResults, { plan }: PreparedForecast): void {
  const indices = summary.storms.map(({ index }) => index);
  if (plan.storms.some(({ index }) => indices.includes(index))) return;
  const had = indices.length === 0 ? "no storms" : `storms ${indices.join(", ")}`;
  throw invalid(
    `--against ${directory}: a run with ${had}; allowed: one with a storm of the script (${plan.storms.map(({ index }) => index).join(", ") || "it has none"})`,
  );
}

function predictionLine({ devices, predictedBytes, sample }: PreparedForecast): string {
  const megabytes = Math.round(predictedBytes / 1024 ** 2);
  const fleet = sample === null ? "" : `, a sample of ${count(sample.of)}`;
  return `forecast: ${counted(devices, "device")}${fleet}, about ${count(megabytes)} MB of memory`;
}

/** What the forecast is to be held to is known before it runs. */
function checkPlugin({ config }: LoadedScript): void {
  const { plugins } = config as { plugins?: Record<string, unknown> | null };
  const asked = parseConfig(plugins?.[PLUGIN_NAME]);
  if (!asked.ok) throw invalid(asked.problems.map(printable).join("\n"));
}
