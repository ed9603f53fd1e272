import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseDuration, printable } from "artillery-engine-mqtt/contract";
import { type Command, InvalidArgumentError } from "commander";
import { brokerByUrl } from "../comparison/by-url.ts";
import { COMPARISON_FILES, compare } from "../comparison/compare.ts";
import { consoleComparison } from "../comparison/console.ts";
import type { BrokerCatalogue, Contestant } from "../comparison/contestant.ts";
import { readScenario, type Scenario } from "../comparison/scenario-file.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { interruptible } from "./interruptible.ts";
import { type Io, invalid } from "./io.ts";

/** The package itself can start none. */
const NO_BROKERS: BrokerCatalogue = { names: [], find: async () => null };

interface Options {
  broker: string[];
  rounds: number;
  reference?: string;
  output: string;
  runTimeout: number;
}

const HELP = `
User name and password of a broker come from the environment: MQTT_<NAME>_USERNAME and MQTT_<NAME>_PASSWORD.
Ctrl-C keeps what was measured so far.

Example:
  mqtt-results compare scenarios/compare/mass-reconnect.yml --broker emqx=mqtts://emqx.example:8883 --broker hivemq=mqtt://10.0.0.7:1883`;

export function addCompare(
  program: Command,
  io: Io,
  end: (code: number) => void,
  catalogue: BrokerCatalogue = NO_BROKERS,
): void {
  const started =
    catalogue.names.length === 0 ? "" : `, or one that is started: ${catalogue.names.join(", ")}`;
  program
    .command("compare")
    .description("the same scenario against several brokers, in interleaved rounds, side by side")
    .argument("<scenario...>", "scripts to run")
    .requiredOption("--broker <name=url>", `a broker by its URL${started}; repeat it`, collect, [])
    .option("--rounds <n>", "rounds of all brokers", wholeNumber, 3)
    .option("--reference <name>", "the broker that ratios refer to (default: mosquitto, else the first)")
    .option("--output <directory>", "where files go", join("mqtt-results", "comparison"))
    .option("--run-timeout <duration>", "a run that takes longer is ended", durationMs, 600_000)
    .addHelpText("after", HELP)
    .action(async (scripts: string[], options: Options) => {
      end(await runCompare(scripts, options, io, catalogue));
    });
}

async function runCompare(
  scripts: readonly string[],
  options: Options,
  io: Io,
  catalogue: BrokerCatalogue,
): Promise<number> {
  const scenarios = scripts.map(scenarioOf);
  const contestants = await Promise.all(options.broker.map((one) => contestantOf(one, catalogue)));
  const names = contestants.map(({ facts }) => facts.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`--broker ${twice}: given twice`);
  const reference = options.reference ?? (names.includes("mosquitto") ? "mosquitto" : (names[0] as string));
  if (!names.includes(reference)) {
    throw invalid(`--reference ${reference}: allowed is a broker that takes part: ${names.join(", ")}`);
  }
  const { result: measured, signalCode } = await interruptible(
    async (signal) => {
      let rounds = 0;
      for (const scenario of scenarios) {
        if (signal.aborted) break;
        io.out(`${printable(scenario.name)}\n`);
        const output = scenarios.length === 1 ? options.output : join(options.output, fileNameOf(scenario));
        const comparison = await compare({
          scenario,
          contestants,
          rounds: options.rounds,
          reference,
          output,
          runTimeoutMs: options.runTimeout,
          signal,
          // It may end with the last words of a broker or of a run.
          progress: (line) => io.out(`  ${printable(line)}\n`),
        });
        rounds += comparison.brokers.reduce((sum, broker) => sum + broker.measured, 0);
        io.out(`${consoleComparison(comparison, { colour: io.colour })}\n`);
        io.out(
          `  files: ${Object.values(COMPARISON_FILES)
            .map((name) => join(output, name))
            .join(", ")}\n`,
        );
      }
      return rounds;
    },
    () => io.err("\nstopping: what was measured so far is kept\n"),
  );
  if (signalCode !== null) return signalCode;
  return measured === 0 ? EXIT_CODES.resultsFailed.code : EXIT_CODES.ok.code;
}

function scenarioOf(path: string): Scenario {
  if (!existsSync(path)) throw invalid(`${path}: no such script`);
  try {
    return readScenario(path);
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

async function contestantOf(text: string, catalogue: BrokerCatalogue): Promise<Contestant> {
  const at = text.indexOf("=");
  if (at < 0) return (await catalogue.find(text)) ?? notStarted(text, catalogue);
  const name = text.slice(0, at);
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/i.test(name)) {
    throw invalid(`--broker ${name}=…: a name of letters, digits and -, at most 32`);
  }
  try {
    return brokerByUrl(name, text.slice(at + 1), process.env);
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

function notStarted(name: string, { names }: BrokerCatalogue): never {
  throw invalid(
    names.length === 0
      ? `--broker ${name}: give its URL, as in --broker ${name}=mqtt://host:1883`
      : `--broker ${name}: allowed are ${names.join(", ")}, or NAME=URL`,
  );
}

function fileNameOf({ name }: Scenario): string {
  return name.replace(/ .*$/, "").replace(/[^A-Za-z0-9._-]/g, "_");
}

function collect(value: string, all: string[]): string[] {
  return [...all, value];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError("allowed: 1 to 100");
  return value;
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0)
    throw new InvalidArgumentError("allowed: a duration above 0, such as 90s or 10m");
  return ms;
}
