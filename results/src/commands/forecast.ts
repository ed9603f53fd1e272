import { relative, resolve } from "node:path";
import {
  type Calibration,
  DEFAULT_OUTPUT,
  hideEnvironment,
  printable,
  writeWhole,
} from "artillery-engine-mqtt/contract";
import type { ForecastProgress, PreparedForecast } from "artillery-engine-mqtt/forecast";
import { type Command, InvalidArgumentError } from "commander";
import { REPORTS } from "../config/config.ts";
import { consoleSummary } from "../console/summary.ts";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { writeResults } from "../directory/write-results.ts";
import { calibrationOf } from "../judge/calibration.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { count, duration } from "../judge/number-words.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { scriptText } from "../run/script-file.ts";
import { CommandError, type Io } from "./io.ts";
import { forecastId, loadScript } from "./script-to-forecast.ts";

interface Options {
  devices?: number;
  fraction?: number;
  seed?: number;
  calibrate: string[];
  output: string;
}

const HELP = `
Runs the devices of the script in virtual time, against a model of network, broker and back end, and writes the files of a
run: report, show and diff read them, and say FORECAST. What the model takes for granted is printed with the result; its
values are config.engines.mqtt.forecast of the script, else those of its lab, else defaults. What it cannot know (functions
of a processor, commands, servers of others) is refused by name. --calibrate reads a run of scenarios/calibrate.yml against the
target: the knees and latencies that it found go before all of these, and what it did not reach is said. The same script, options and seed give the same bytes.
Ctrl-C keeps what is known by then.

Examples:
  mqtt-results forecast scenarios/mass-reconnect.yml
  mqtt-results forecast scenarios/mass-reconnect.yml --devices 1M --fraction 0.25
  mqtt-results forecast scenarios/mass-reconnect.yml --calibrate mqtt-results/t6kjg_9aaaz`;

export function addForecast(program: Command, io: Io, end: (code: number) => void): void {
  program
    .command("forecast")
    .description("the same devices in virtual time: what a script would come to, without a broker")
    .argument("<script>", "script to forecast")
    .option("--devices <n>", "so many devices arrive instead: 250000, 250k or 1M", deviceCount)
    .option("--fraction <share>", "every storm chooses this share of the fleet, above 0 and up to 1", share)
    .option("--seed <n>", "another seed than the script's", wholeNumber)
    .option("--calibrate <dir>", "a run that ramped the load on the target; may be given again", another, [])
    .option("-o, --output <directory>", "the run's own directory is made in it", DEFAULT_OUTPUT)
    .addHelpText("after", HELP)
    .action(async (path: string, options: Options) => {
      end(await runForecastCommand(path, options, io));
    });
}

async function runForecastCommand(path: string, options: Options, io: Io): Promise<number> {
  const { output, calibrate, ...rest } = options;
  const asked = calibrate.length === 0 ? rest : { ...rest, calibrations: calibrate.map(readCalibration) };
  const script = loadScript(path);
  hideEnvironment({ _scriptPath: resolve(path) });
  // The engine is loaded by whoever needs it: the other commands start without it.
  const engine = await import("artillery-engine-mqtt/forecast");
  const prepared = preparedOrRefused(() => engine.prepareForecast(script, asked), engine.ForecastRefused);
  io.err(`${predictionLine(prepared)}\n`);
  const testRunId = forecastId(path, script, asked);
  const directory = resolve(output, testRunId);
  const text = scriptText(script);
  const interrupt = new AbortController();
  let signalCode: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalCode = signal === "SIGINT" ? 130 : 143;
    interrupt.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await engine.runForecast(prepared, {
      directory,
      testRunId,
      signal: interrupt.signal,
      onProgress: progressTo(io, prepared.devices),
    });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
  writeWhole(resolve(directory, RUN_FILES.script), text);
  const code = judge(directory, io);
  if (signalCode !== null) io.err("interrupted: what is known up to here was kept\n");
  return signalCode ?? code;
}

/** @throws an error whose message says why the run cannot be read, or that it found nothing */
function readCalibration(directory: string): Calibration {
  const { run, summary } = mergeDirectories([directory], {});
  const calibration = calibrationOf(run, summary);
  if (calibration.broker === null && calibration.answers === null)
    throw new CommandError(
      `--calibrate ${directory}: no load in it grew from one that was served in time; allowed: a run of scenarios/calibrate.yml, which ramps it`,
      EXIT_CODES.invalidConfig.code,
    );
  return calibration;
}

function preparedOrRefused(
  prepare: () => PreparedForecast,
  Refused: new (message: string) => Error,
): PreparedForecast {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof Refused) throw new CommandError(error.message, EXIT_CODES.invalidConfig.code);
    throw error;
  }
}

function judge(directory: string, io: Io): number {
  const { run, summary, script } = mergeDirectories([directory], {});
  const { paths, problems } = writeResults(directory, REPORTS, run, summary, script);
  const files = paths.map((one) => relative(process.cwd(), one));
  io.out(`${consoleSummary(summary, { colour: io.colour, files })}\n`);
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return summary.exit.code;
}

function predictionLine({ devices, predictedBytes }: PreparedForecast): string {
  const megabytes = Math.round(predictedBytes / 1024 ** 2);
  return `forecast: ${count(devices)} devices, about ${count(megabytes)} MB of memory`;
}

/** A line every so often: only a long forecast has any. */
const PROGRESS_EVERY_MS = 2000;

function progressTo(io: Io, devices: number): (progress: ForecastProgress) => void {
  let nextMs = performance.now() + PROGRESS_EVERY_MS;
  return ({ nowMs, arrived, online, events }) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_EVERY_MS;
    const fleet = arrived < devices ? `${count(arrived)} of ${count(devices)} devices arrived, ` : "";
    io.err(
      printable(
        `forecast: ${duration(Math.round(nowMs / 100) * 100)} of virtual time, ${fleet}${count(online)} online, ${count(events)} events`,
      ).concat("\n"),
    );
  };
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

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("allowed: a whole number");
  return value;
}
