import { join, relative, resolve } from "node:path";
import { DEFAULT_OUTPUT, safeFileName } from "artillery-engine-mqtt/contract";
import type { Command } from "commander";
import { parseConfig, REPORTS, type Report, type ResultsConfig } from "../config/config.ts";
import { consoleSummary } from "../console/summary.ts";
import { heldAgainst } from "../directory/held-against.ts";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { writeResults } from "../directory/write-results.ts";
import { FAIL_VERDICTS, type Fail } from "../judge/gate.ts";
import { isS3Url } from "../parts/object-store.ts";
import { accuracyText } from "./accuracy-text.ts";
import { fetchFrom, S3_HELP } from "./bucket.ts";
import { CommandError, type Io, invalid } from "./io.ts";
import { inTemporaryFolder } from "./temporary-folder.ts";

const OPTIONS = {
  target: "--target",
  report: "--report",
  verdict: "--fail-verdict",
  readyP99: "--fail-ready-p99",
  readyP99FromStorm: "--fail-ready-p99-from-storm",
  unrecovered: "--fail-unrecovered",
} as const;

interface Options {
  output?: string;
  region?: string;
  report?: string;
  target?: string;
  failVerdict?: string;
  failReadyP99?: string;
  failReadyP99FromStorm?: string;
  failUnrecovered?: string;
}

const HELP = `
Reads worker-<id>.json, .hlog and .timeline.csv, adds them up, and writes summary.json, percentiles.csv, timeline.csv,
merged.hlog and report.html. Target and fail are those of the run (its script.json), unless they are given here.

Examples:
  mqtt-results report mqtt-results/t6kjg_9aaaz
  mqtt-results report machine-1/t6kjg machine-2/t6kjg --output merged
  mqtt-results report s3://artilleryio-test-data-123456789012/test-runs/t6kjg_9aaaz
  mqtt-results report mqtt-results/t6kjg_9aaaz --fail-verdict metastable --fail-ready-p99 30s --fail-unrecovered "1 %"`;

export function addReport(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("report")
    .description(
      "merge the worker files of one or several directories, and write and print the results again",
    )
    .argument(
      "<dir...>",
      `directories of one run on several machines, or of several runs of one script; or ${S3_HELP}`,
    )
    .option("-o, --output <dir>", "where the merged files go (default: the first directory)")
    .option("-r, --region <region>", "the region of a bucket (default: that of the environment)")
    .option(`${OPTIONS.report} <list>`, `what to write (default: ${REPORTS.join(",")})`)
    .option(`${OPTIONS.target} <share>`, 'share that must be ready for "recovered", such as 99%')
    .option(`${OPTIONS.verdict} <verdict>`, `fail on ${FAIL_VERDICTS.join(", ")}, or what is as bad`)
    .option(
      `${OPTIONS.readyP99} <duration>`,
      "fail where the p99 of ready time is longer, such as 30s, from each device's loss",
    )
    .option(`${OPTIONS.readyP99FromStorm} <duration>`, "the same from the storm's instant")
    .option(
      `${OPTIONS.unrecovered} <share>`,
      "fail where more of the affected devices were not ready, such as 1%",
    )
    .addHelpText("after", HELP)
    .action(async (places: string[], options: Options) => end(await reportPlaces(places, options, io)));
}

/** What lies in buckets is fetched into a temporary folder first. */
async function reportPlaces(places: readonly string[], options: Options, io: Io): Promise<number> {
  return inTemporaryFolder("mqtt-results-", async (folder) => {
    const fetched = places.map(async (place, i): Promise<Place> => {
      if (!isS3Url(place)) return { directory: place, output: place };
      const directory = join(folder, String(i));
      await fetchFrom(place, options.region, directory);
      return { directory, output: null };
    });
    return report(await Promise.all(fetched), options, io);
  });
}

interface Place {
  directory: string;
  /** Where its results go; null for what was fetched: below the working directory, as a run's do. */
  output: string | null;
}

function report(places: readonly Place[], options: Options, io: Io): number {
  const config = configOf(options);
  const asked = {
    target: options.target === undefined ? undefined : config.target,
    fail: config.fail,
  };
  const results = mergeDirectories(
    places.map(({ directory }) => directory),
    asked,
  );
  const { run, summary, script } = results;
  const [only, ...others] = places;
  const measured =
    only !== undefined && others.length === 0 ? heldAgainst(only.directory, results, asked) : null;
  const output = options.output ?? only?.output ?? join(DEFAULT_OUTPUT, safeFileName(run.testRunId));
  const { paths, problems } = writeResults(output, config.report, run, summary, script, measured);
  if (config.report.includes("console")) {
    const files = paths.map((path) => relative(process.cwd(), resolve(path)));
    io.out(`${consoleSummary(summary, { colour: io.colour, files })}\n`);
    if (measured !== null) io.out(`${accuracyText(measured, summary, io)}\n`);
  }
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return summary.exit.code;
}

/** The rules are those of a script; messages name the option instead of the key. */
function configOf(options: Options): ResultsConfig {
  const conditions = Object.entries({
    verdict: options.failVerdict,
    readyP99: options.failReadyP99,
    readyP99FromStorm: options.failReadyP99FromStorm,
    unrecovered: shareOf(options.failUnrecovered),
  }).filter(([, value]) => value !== undefined);
  const result = parseConfig({
    ...(options.report === undefined ? {} : { report: reportsOf(options.report) }),
    ...(options.target === undefined ? {} : { target: shareOf(options.target) }),
    ...(conditions.length === 0 ? {} : { fail: Object.fromEntries(conditions) as Fail }),
  });
  if (result.ok) return result.config;
  const problems = result.problems.map((problem) =>
    problem.replace(/^config\.plugins\.mqtt-results\.(?:fail\.)?(\w+)[^:]*/, (whole, key: string) =>
      key in OPTIONS ? OPTIONS[key as keyof typeof OPTIONS] : whole,
    ),
  );
  throw invalid(problems.join("\n"));
}

function reportsOf(list: string): Report[] {
  return list.split(",").map((kind) => kind.trim()) as Report[];
}

/** Numbers come as text from a command line. */
function shareOf(text: string | undefined): string | number | undefined {
  if (text === undefined || text.trim() === "") return text;
  return Number.isNaN(Number(text)) ? text : Number(text);
}
