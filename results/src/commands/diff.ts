import { dirname, relative, resolve } from "node:path";
import { parseShare, printable, writeWhole } from "artillery-engine-mqtt/contract";
import { type Command, InvalidArgumentError } from "commander";
import { consoleDiff } from "../comparison/console-diff.ts";
import { diffSummaries } from "../comparison/diff.ts";
import { renderDiff } from "../comparison/diff-page.ts";
import { type MeasuredRun, twoRuns } from "../comparison/two-runs.ts";
import { printableJson } from "../console/printable-json.ts";
import { mergeDirectories, summaryOf } from "../directory/judged-runs.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { CommandError, type Io } from "./io.ts";
import { makeOrRefuse } from "./write-texts.ts";

const HELP = `
Storms are matched by their number, cohorts by their name. The last column is B / A: above 1 means that B has more of it
or takes longer.

--fail-slower holds ready p50, p90 and p99 of each storm, of the fleet and of each cohort, against those of A. Exit code
${EXIT_CODES.slower.code}: one of them is slower in B by more than that, or was not reached in B. Exit code ${EXIT_CODES.notMeasured.code}: a part of A could not be compared.

Examples:
  mqtt-results diff mqtt-results/before mqtt-results/after
  mqtt-results diff mqtt-results/before mqtt-results/after --fail-slower "20 %"
  mqtt-results diff mqtt-results/before mqtt-results/after --html diff.html
  mqtt-results diff mqtt-results/before mqtt-results/after --json > diff.json`;

interface Options {
  json?: boolean;
  failSlower?: number;
  /** True where no file is named. */
  html?: string | true;
}

const DEFAULT_PAGE = "diff.html";

export function addDiff(program: Command, io: Io, end: (code: number) => void): void {
  program
    .command("diff")
    .description("two runs side by side, with the ratio of each value")
    .argument("<a>", "directory of the first run")
    .argument("<b>", "directory of the second run")
    .option(
      "--fail-slower <share>",
      `exit with ${EXIT_CODES.slower.code} where B recovered more slowly than A by more than this share, such as "20 %"`,
      slowerShare,
    )
    .option("--json", "print JSON instead")
    .option("--html [file]", `write a page with both runs overlaid as well (default: ${DEFAULT_PAGE})`)
    .addHelpText("after", HELP)
    .action((a: string, b: string, options: Options) => {
      const limit = options.failSlower ?? null;
      const two = options.html === undefined ? null : twoRuns(measuredRun(a), measuredRun(b), limit);
      const diff = two?.diff ?? diffSummaries(summaryOf(a), summaryOf(b), limit);
      if (two !== null) {
        const path = resolve(options.html === true ? DEFAULT_PAGE : (options.html as string));
        writePage(path, renderDiff(two));
        // Standard output is the JSON's.
        (options.json ? io.err : io.out)(`page: ${printable(relative(process.cwd(), path))}\n`);
      }
      io.out(`${options.json ? printableJson(diff) : consoleDiff(diff, { colour: io.colour })}\n`);
      end(diff.slower?.exit.code ?? EXIT_CODES.ok.code);
    });
}

const MOST_SLOWER = 10;

/** As every share: `20 %` or 0.2. A bare 20 is refused, for 2,000 % is not what is meant. */
function slowerShare(text: string): number {
  const share = parseShare(text);
  const most = text.includes("%") ? MOST_SLOWER : 1;
  if (share === null || share > most) {
    throw new InvalidArgumentError(
      'allowed: a share from 0 to 1 such as 0.2, or a percentage such as "20 %" up to 1000 %',
    );
  }
  return share;
}

/** Curves and percentiles are those of the worker files; the summary is the one that was judged, where there is one. */
function measuredRun(directory: string): MeasuredRun {
  const summary = summaryOf(directory);
  const { run, script } = mergeDirectories([directory], { target: summary.recoveryTarget, fail: {} });
  return { run, summary, script };
}

function writePage(path: string, page: string): void {
  makeOrRefuse(dirname(path));
  try {
    writeWhole(path, page);
  } catch (error) {
    throw new CommandError(`${path} could not be written: ${(error as Error).message}`);
  }
}
