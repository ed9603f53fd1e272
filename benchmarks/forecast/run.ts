/** `npm run bench:forecast`: measured runs and their forecasts side by side; `--speed`: what forecasts themselves take; `--costs`: what brokers do. */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command } from "commander";
import { listOf, parseCommandLine, wholeNumbers } from "../peers/command-line.ts";
import { findProgram } from "../peers/mosquitto.ts";
import { abortOnSignals } from "../peers/run.ts";
import { accuracyOf } from "./accuracy.ts";
import { brokerCosts, costsTable } from "./broker-costs.ts";
import { coverageLine, coverageOf, SHAPES } from "./coverage.ts";
import { forecastOf } from "./forecasted.ts";
import { HELD_OUT_PAIRS } from "./held-out-pairs.ts";
import { keepMeasured, keptMeasured, type Measured, measure } from "./measured.ts";
import type { Pair } from "./pair.ts";
import { SEEN_PAIRS } from "./seen-pairs.ts";
import { measureSpeed, speedTable } from "./speed.ts";
import { type StudyRow, studyCsv, studyTable } from "./study-table.ts";

/** The first were seen while the model was made, the others were not. */
const SETS: readonly { title: string; pairs: readonly Pair[] }[] = [
  { title: "seen while the model was made", pairs: SEEN_PAIRS },
  { title: "held out", pairs: HELD_OUT_PAIRS },
];
const PAIRS: readonly Pair[] = SETS.flatMap(({ pairs }) => pairs);

interface Options {
  only: string[];
  skipMeasured?: boolean;
  kept: string;
  output: string;
  list?: boolean;
  speed?: boolean;
  coverage?: boolean;
  costs?: boolean;
  devices: number[];
}

type Say = (text: string) => void;

/** Exit codes: 0, 1 for a bad command line or a pair that failed, 130 after Ctrl-C. Misses are results, not failures. */
export async function runForecastStudy(
  args: readonly string[],
  out: Say,
  err: Say,
  signal: AbortSignal,
): Promise<number> {
  const names = PAIRS.map(({ name }) => name);
  const program = new Command("bench:forecast")
    .description("How near a forecast comes: each pair is one measured run and the forecast of its script")
    .option("--only <list>", "pairs to run; --list names them", listOf(names), names)
    .option("--skip-measured", "measure nothing: forecast again what was measured and kept")
    .option("--kept <folder>", "where measured runs are kept", "benchmarks/reference/forecast")
    .option("--output <file>", "CSV to write", "benchmarks/results/forecast.csv")
    .option("--list", "print the pairs and what each is to try")
    .option("--costs", "measure what each kind of work costs the lab's broker and Mosquitto instead")
    .option("--speed", "measure how fast forecasts are instead")
    .option(
      "--coverage",
      "how often a sample's bounds hold the figure of its fleet: 40 samples of 5,000 of 50,000",
    )
    .option(
      "--devices <list>",
      "fleets for --speed",
      wholeNumbers(1, 100_000_000),
      [10_000, 100_000, 1_000_000],
    );
  const parsed = parseCommandLine<Options>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { options } = parsed;
  if (options.list) {
    for (const { title, pairs } of SETS)
      out(`${title}\n${pairs.map(({ name, broker, why }) => `  ${name} (${broker}): ${why}`).join("\n")}\n`);
    return 0;
  }
  if (options.coverage) return runCoverage(out, signal);
  if (options.costs) return runCosts(out, signal);
  if (options.speed) return runSpeed(options.devices, out, err, signal);
  return runStudy(
    PAIRS.filter(({ name }) => options.only.includes(name)),
    options,
    { out, err, signal },
  );
}

async function runStudy(
  pairs: readonly Pair[],
  { skipMeasured = false, kept, output }: Options,
  { out, err, signal }: { out: Say; err: Say; signal: AbortSignal },
): Promise<number> {
  const rows: StudyRow[] = [];
  let failed = 0;
  for (const pair of pairs) {
    if (signal.aborted) break;
    try {
      const measured = skipMeasured
        ? keptMeasured(kept, pair)
        : await measureAndKeep(pair, kept, out, signal);
      if (measured === null) {
        err(`${pair.name} was not measured yet\n`);
        continue;
      }
      const { outcome } = measured;
      const accuracy = accuracyOf(outcome, await forecastOf(pair));
      const { generatorSaturated } = outcome;
      rows.push({ pair: pair.name, broker: pair.broker, generatorSaturated, accuracy });
    } catch (error) {
      if (signal.aborted) break;
      failed++;
      err(`${(error as Error).message}\n`);
    }
  }
  if (rows.length > 0) {
    makeDirectory(dirname(output));
    writeFileSync(output, studyCsv(rows));
    for (const { title, pairs } of SETS) {
      const own = rows.filter(({ pair }) => pairs.some(({ name }) => name === pair));
      if (own.length > 0) out(`\n${title}\n${studyTable(own)}\n`);
    }
    out(`\n${output}\n`);
  }
  if (signal.aborted) return 130;
  return failed > 0 || rows.length === 0 ? 1 : 0;
}

async function measureAndKeep(pair: Pair, kept: string, out: Say, signal: AbortSignal): Promise<Measured> {
  if (pair.broker === "mosquitto" && findProgram("mosquitto") === null)
    throw new Error(
      `${pair.name}: mosquitto is neither on the PATH nor in /usr/sbin: apt-get install mosquitto`,
    );
  out(`${pair.name}: ${pair.why}\n`);
  const measured = await measure(pair, signal);
  keepMeasured(kept, measured);
  return measured;
}

async function runCoverage(out: Say, signal: AbortSignal): Promise<number> {
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (signal.aborted) return 130;
    for (const one of await coverageOf(shape, 50_000, 5000, 40)) out(`${coverageLine(name, one)}\n`);
  }
  return 0;
}

async function runCosts(out: Say, signal: AbortSignal): Promise<number> {
  for (const broker of ["lab", "mosquitto"] as const) {
    if (signal.aborted) break;
    out(`${costsTable(broker, await brokerCosts(broker))}\n`);
  }
  return signal.aborted ? 130 : 0;
}

async function runSpeed(
  devices: readonly number[],
  out: Say,
  err: Say,
  signal: AbortSignal,
): Promise<number> {
  const rows = [];
  for (const count of devices) {
    if (signal.aborted) break;
    try {
      rows.push(await measureSpeed(count));
    } catch (error) {
      err(`${(error as Error).message}\n`);
      break;
    }
  }
  out(`${speedTable(rows)}\n`);
  if (signal.aborted) return 130;
  return rows.length === devices.length ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = await runForecastStudy(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
