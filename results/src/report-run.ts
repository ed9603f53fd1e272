import { relative, resolve } from "node:path";
import { safeFileName } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import type { Artillery } from "./artillery.ts";
import type { ResultsConfig } from "./config.ts";
import { consoleSummary } from "./console/summary.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { mergeRun } from "./merge.ts";
import { writeResults } from "./output.ts";
import { readRun } from "./run-files.ts";
import { buildSummary } from "./summary.ts";
import { waitForWorkers } from "./wait-for-workers.ts";

/** After the workers ended: read, merge, write, print. Never throws; a failure is a line and an exit code. */
export async function reportRun(config: ResultsConfig, artillery: Artillery): Promise<void> {
  const directory = resolve(config.output, safeFileName(artillery.testRunId));
  try {
    await waitForWorkers(directory);
    const { workers, problems } = readRun([directory]);
    if (workers.length === 0) {
      artillery.log(
        ["mqtt-results: no worker files in", directory, ...problems.map((one) => `(${one})`)].join(" "),
      );
      return;
    }
    const run = mergeRun(workers);
    const summary = buildSummary(run, { target: config.target, problems });
    artillery.setExitCode(summary.exit.code);
    const written = writeResults(directory, config.report, run, summary);
    if (!config.report.includes("console")) return;
    const files = written.map((path) => relative(process.cwd(), path));
    artillery.log(consoleSummary(summary, { colour: pc.isColorSupported, files }));
  } catch (error) {
    artillery.setExitCode(EXIT_CODES.resultsFailed.code);
    artillery.log(
      `mqtt-results: ${EXIT_CODES.resultsFailed.sentence} (${directory}): ${error instanceof Error ? error.message : error}`,
    );
  }
}
