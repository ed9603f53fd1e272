import type { Command } from "commander";
import { consoleDiff } from "../comparison/console-diff.ts";
import { diffSummaries } from "../comparison/diff.ts";
import { printableJson } from "../console/printable-json.ts";
import { summaryOf } from "../directory/judged-runs.ts";
import type { Io } from "./io.ts";

const HELP = `
Storms are matched by their number, cohorts by their name. The last column is B / A: above 1 means that B has more of it
or takes longer.

Examples:
  mqtt-results diff mqtt-results/before mqtt-results/after
  mqtt-results diff mqtt-results/before mqtt-results/after --json > diff.json`;

export function addDiff(program: Command, io: Io): void {
  program
    .command("diff")
    .description("two runs side by side, with the ratio of each value")
    .argument("<a>", "directory of the first run")
    .argument("<b>", "directory of the second run")
    .option("--json", "print JSON instead")
    .addHelpText("after", HELP)
    .action((a: string, b: string, options: { json?: boolean }) => {
      const diff = diffSummaries(summaryOf(a), summaryOf(b));
      io.out(`${options.json ? printableJson(diff) : consoleDiff(diff, { colour: io.colour })}\n`);
    });
}
