import type { Command } from "commander";
import { printableJson } from "../console/printable-json.ts";
import { consoleSummary } from "../console/summary.ts";
import { summaryOf } from "../directory/judged-runs.ts";
import type { Io } from "./io.ts";

const HELP = `
Reads summary.json, or the worker files where there is none. Writes nothing.

Examples:
  mqtt-results show mqtt-results/t6kjg_9aaaz
  mqtt-results show mqtt-results/t6kjg_9aaaz --json | jq '.storms[].verdict'`;

export function addShow(program: Command, io: Io): void {
  program
    .command("show")
    .description("print the summary of a run")
    .argument("<dir>", "directory of the run: mqtt-results/<testRunId>")
    .option("--json", "print summary.json instead")
    .addHelpText("after", HELP)
    .action((directory: string, options: { json?: boolean }) => {
      const summary = summaryOf(directory);
      const text = options.json
        ? printableJson(summary)
        : consoleSummary(summary, { colour: io.colour, files: [] });
      io.out(`${text}\n`);
    });
}
