import { relative, resolve } from "node:path";
import { printable, safeFileName } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import type { Artillery } from "./artillery.ts";
import type { ResultsConfig } from "./config/config.ts";
import { consoleSummary } from "./console/summary.ts";
import { writeResults } from "./directory/write-results.ts";
import { EXIT_CODES } from "./judge/exit-codes.ts";
import { buildSummary } from "./judge/summary.ts";
import { mergeRun } from "./run/merge.ts";
import { readRun } from "./run/run-files.ts";
import type { UnwrittenWorkers } from "./run/unwritten-workers.ts";
import { waitForWorkers } from "./run/wait-for-workers.ts";

export function runDirectory(config: ResultsConfig, testRunId: string): string {
  return resolve(config.output, safeFileName(testRunId));
}

/** Reads, merges, writes and prints after the workers ended. Never throws; a failure is a line and an exit code. */
export async function reportRun(
  config: ResultsConfig,
  artillery: Artillery,
  unwritten: UnwrittenWorkers,
  script: string,
): Promise<void> {
  const directory = runDirectory(config, artillery.testRunId);
  try {
    await waitForWorkers(directory, unwritten);
    const files = readRun([directory], unwritten.handedOn);
    const { labEnds, problems } = files;
    labEnds.push(...unwritten.readLabEnds(problems));
    if (files.records.length === 0) {
      artillery.log(
        printable(
          ["mqtt-results: no worker files in", directory, ...problems.map((one) => `(${one})`)].join(" "),
        ),
      );
      if (!config.fail) return;
      artillery.setExitCode(EXIT_CODES.gate.code);
      artillery.log("gate failed: nothing was measured, so nothing can have passed");
      return;
    }
    const run = mergeRun(files, labEnds, "machine");
    const summary = buildSummary(run, { target: config.target, problems, fail: config.fail, of: "machine" });
    artillery.setExitCode(summary.exit.code);
    const late = unwritten.write(directory, labEnds);
    const written = writeResults(directory, config.report, run, summary, script);
    const failures = [...late, ...written.problems];
    // What cannot be kept is at least shown.
    if (config.report.includes("console") || failures.length > 0) {
      const paths = written.paths.map((path) => relative(process.cwd(), path));
      artillery.log(consoleSummary(summary, { colour: pc.isColorSupported, files: paths }));
    } else if (summary.gate.length > 0) {
      // Why the run fails is said in any case.
      artillery.log(summary.gate.map(({ message }) => `gate failed: ${printable(message)}`).join("\n"));
    }
    if (failures.length === 0) return;
    artillery.setExitCode(EXIT_CODES.resultsFailed.code);
    for (const problem of failures) artillery.log(`mqtt-results: ${printable(problem)}`);
  } catch (error) {
    artillery.setExitCode(EXIT_CODES.resultsFailed.code);
    artillery.log(
      printable(
        `mqtt-results: ${EXIT_CODES.resultsFailed.sentence} (${directory}): ${error instanceof Error ? error.message : error}`,
      ),
    );
  }
}
