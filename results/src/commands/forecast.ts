import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  type Calibration,
  DEFAULT_OUTPUT,
  hideEnvironment,
  writeWhole,
} from "artillery-engine-mqtt/contract";
import type { PreparedForecast } from "artillery-engine-mqtt/forecast";
import { type Command, InvalidArgumentError } from "commander";
import { REPORTS } from "../config/config.ts";
import { consoleAccuracy } from "../console/accuracy.ts";
import { consoleSummary } from "../console/summary.ts";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { writeResults } from "../directory/write-results.ts";
import { accuracyOf } from "../judge/accuracy.ts";
import { calibrationOf } from "../judge/calibration.ts";
import { count } from "../judge/number-words.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { scriptText } from "../run/script-file.ts";
import { runFind } from "./find-forecast.ts";
import { addFindOptions, checkFindOptions, FIND_HELP, type FindOptions } from "./find-options.ts";
import { refusable } from "./forecast-engine.ts";
import { progressTo } from "./forecast-progress.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io, invalid } from "./io.ts";
import { forecastId, loadScript, scriptName } from "./script-to-forecast.ts";

interface Options extends FindOptions {
  devices?: number;
  fraction?: number;
  seed?: number;
  sample?: number;
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
Ctrl-C keeps what is known by then.
${FIND_HELP}
Examples:
  mqtt-results forecast scenarios/mass-reconnect.yml
  mqtt-results forecast scenarios/mass-reconnect.yml --devices 1M --fraction 0.25
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
    .option("--fraction <share>", "every storm chooses this share of the fleet, above 0 and up to 1", share)
    .option("--seed <n>", "another seed than the script's", wholeNumber)
    .option("--sample <n>", "simulate so many devices, which stand for all: 100k", sampleCount)
    .option("--workers <n>", "divide the fleet over so many workers, as a real run does", workerCount)
    .option(
      "--against <run>",
      "directory of a measured run: both side by side, with the error of each figure",
    )
    .option("--calibrate <dir>", "a run that ramped the load on the target; may be given again", another, [])
    .option("-o, --output <directory>", "the run's own directory is made in it", DEFAULT_OUTPUT);
  addFindOptions(command)
    .addHelpText("after", HELP)
    .action(async (path: string | undefined, options: Options) => {
      end(await runForecastCommand(path, options, io));
    });
}

async function runForecastCommand(argument: string | undefined, options: Options, io: Io): Promise<number> {
  const given = argument && scriptPath(argument);
  const { output, against, calibrate, ...rest } = options;
  const asked = calibrate.length === 0 ? rest : { ...rest, calibrations: calibrate.map(readCalibration) };
  const measured = against === undefined ? null : measuredRun(against);
  const path = given ?? (against === undefined ? null : join(against, RUN_FILES.script));
  if (path === null)
    throw invalid("a script is missing; or --against the directory of a run, which holds its own");
  const script = loadScript(path);
  hideEnvironment({ _scriptPath: resolve(path) });
  // The engine is loaded by whoever needs it: the other commands start without it.
  const engine = await import("artillery-engine-mqtt/forecast");
  checkFindOptions(options, { policies: engine.BACKOFF_POLICIES, presets: engine.PRESET_NAMES });
  const { find } = asked;
  if (find !== undefined) {
    if (given === undefined || against !== undefined)
      throw invalid("--find: allowed with the path of a script, and not with --against");
    if (calibrate.length > 0)
      throw invalid(
        "--find: allowed without --calibrate: give what it found as config.engines.mqtt.forecast",
      );
    if (asked.sample !== undefined)
      throw invalid("--find: allowed without --sample: what is looked for is a number of devices");
    if (asked.workers !== undefined)
      throw invalid("--find: allowed without --workers: however many there are, each answer is the same");
    return runFind(given, script, { ...asked, find }, output, engine, io);
  }
  const prepared = refusable(engine, () => engine.prepareForecast(script, asked));
  io.err(`${predictionLine(prepared)}\n`);
  const name = given === undefined ? (measured?.summary.testRunId ?? "run") : scriptName(argument ?? given);
  // Whether a fleet fits, and is not sampled, depends on the machine.
  const testRunId = forecastId(name, script, { ...asked, sample: prepared.sample });
  const directory = resolve(output, testRunId);
  const text = scriptText(script);
  const { signalCode } = await interruptible((signal) =>
    engine.runForecast(prepared, {
      directory,
      testRunId,
      signal,
      onProgress: progressTo(io, prepared.devices),
    }),
  );
  writeWhole(resolve(directory, RUN_FILES.script), text);
  const code = judge(directory, measured, io);
  if (signalCode !== null) io.err("interrupted: what is known up to here was kept\n");
  return signalCode ?? code;
}

/** The directory of a run holds its own script. */
function scriptPath(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, RUN_FILES.script) : path;
}

/** @throws an error whose message says why the run cannot be read, or that it found nothing */
function readCalibration(directory: string): Calibration {
  const { run, summary } = mergeDirectories([directory], {});
  const calibration = calibrationOf(run, summary);
  if (calibration.broker === null && calibration.answers === null)
    throw invalid(
      `--calibrate ${directory}: no load in it grew from one that was served in time; allowed: a run of scenarios/calibrate.yml, which ramps it`,
    );
  return calibration;
}

type Measured = ReturnType<typeof mergeDirectories>;

/** A forecast is held against what was measured, and nothing else. */
function measuredRun(directory: string): Measured {
  const measured = mergeDirectories([directory], {});
  if (measured.summary.forecast !== null)
    throw invalid(`--against ${directory}: a forecast; allowed: a run that was measured`);
  return measured;
}

function judge(directory: string, measured: Measured | null, io: Io): number {
  const { run, summary, script } = mergeDirectories([directory], {});
  const { paths, problems } = writeResults(directory, REPORTS, run, summary, script, measured ?? undefined);
  const files = paths.map((one) => relative(process.cwd(), one));
  io.out(`${consoleSummary(summary, { colour: io.colour, files })}\n`);
  if (measured !== null)
    io.out(`${consoleAccuracy(accuracyOf(measured.summary, summary), { colour: io.colour })}\n`);
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return summary.exit.code;
}

function predictionLine({ devices, predictedBytes, sample }: PreparedForecast): string {
  const megabytes = Math.round(predictedBytes / 1024 ** 2);
  const fleet = sample === null ? "" : `, a sample of ${count(sample.of)}`;
  return `forecast: ${count(devices)} devices${fleet}, about ${count(megabytes)} MB of memory`;
}

const SUFFIXES: Record<string, number> = { "": 1, k: 1000, m: 1_000_000 };

function deviceCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  const value =
    match === null ? Number.NaN : Number(match[1]) * (SUFFIXES[(match[2] ?? "").toLowerCase()] ?? 1);
  if (!Number.isInteger(value) || value < 1 || value > 100_000_000)
    throw new InvalidArgumentError("allowed: a whole number from 1 to 100M, such as 250000, 250k or 1M");
  return value;
}

function another(directory: string, earlier: string[]): string[] {
  return [...earlier, directory];
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError("allowed: a number above 0 and up to 1");
  return value;
}

/** Of fewer, no percentile is near enough to be told. */
const SMALLEST_SAMPLE = 1000;

function sampleCount(text: string): number {
  const value = deviceCount(text);
  if (value < SMALLEST_SAMPLE) throw new InvalidArgumentError(`allowed: ${SMALLEST_SAMPLE} devices or more`);
  return value;
}

/** As many as the files of one worker each are still a handful. */
const MOST_WORKERS = 64;

function workerCount(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > MOST_WORKERS)
    throw new InvalidArgumentError(`allowed: a whole number from 1 to ${MOST_WORKERS}`);
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("allowed: a whole number");
  return value;
}
