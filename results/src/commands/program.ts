import { readFileSync } from "node:fs";
import { printableLines } from "artillery-engine-mqtt/contract";
import { Command, CommanderError } from "commander";
import type { BrokerCatalogue } from "../comparison/contestant.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { addCompare } from "./compare.ts";
import { addDiff } from "./diff.ts";
import { addFargate } from "./fargate.ts";
import { addFetch } from "./fetch.ts";
import { addForecast } from "./forecast.ts";
import { CommandError, type Io } from "./io.ts";
import { addReport } from "./report.ts";
import { addShow } from "./show.ts";
import { addWatch } from "./watch.ts";

const EXIT_HELP = `
Exit codes:
${Object.values(EXIT_CODES)
  .map(({ code, sentence }) => `  ${code}  ${sentence}`)
  .join("\n")}

Colours follow NO_COLOR, FORCE_COLOR and --no-color.`;

/**
 * The `mqtt-results` command with all of its options, before it is run.
 *
 * @param end hears the exit code
 * @param catalogue brokers that `compare` can start by name
 */
export function programOf(io: Io, end: (code: number) => void, catalogue?: BrokerCatalogue): Command {
  const program = new Command("mqtt-results")
    .description("What the runs of artillery-engine-mqtt measured: merge, show, compare")
    .version(versionOf(), "--version", "print the version of this package")
    .option("--no-color", "print without colours")
    .addHelpText("after", EXIT_HELP);
  addReport(program, io, end);
  addShow(program, io);
  addWatch(program, io, end);
  addDiff(program, io, end);
  addCompare(program, io, end, catalogue);
  addForecast(program, io, end);
  addFetch(program, io);
  addFargate(program, io, end);
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError("(--help lists what is allowed)")
      .configureOutput({ writeOut: io.out, writeErr: io.err });
  }
  return program;
}

/**
 * The `mqtt-results` command. Returns its exit code.
 *
 * @param catalogue brokers that `compare` can start by name
 */
export async function runCommand(
  args: readonly string[],
  io: Io,
  catalogue?: BrokerCatalogue,
): Promise<number> {
  let exitCode: number = EXIT_CODES.ok.code;
  const end = (code: number): void => {
    exitCode = code;
  };
  try {
    const program = programOf(io, end, catalogue);
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.invalidConfig.code;
    const message = error instanceof Error ? error.message : String(error);
    io.err(`${printableLines(message)}\n`);
    return error instanceof CommandError ? error.exitCode : EXIT_CODES.resultsFailed.code;
  }
}

function versionOf(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
