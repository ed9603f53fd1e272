import { relative, resolve } from "node:path";
import { printable, safeFileName } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import type { Artillery } from "./artillery.ts";
import type { ResultsConfig } from "./config/config.ts";
import { consoleSummary } from "./console/summary.ts";
import { writeResults } from "./directory/write-results.ts";
import { EXIT_CODES } from "./judge/exit-codes.ts";
import { containerName } from "./judge/presence-words.ts";
import { buildSummary } from "./judge/summary.ts";
import { firstSentences } from "./run/first-sentences.ts";
import { mergeRun } from "./run/merge.ts";
import { readRun } from "./run/run-files.ts";
import type { UnwrittenWorkers } from "./run/unwritten-workers.ts";
import { containersStillRunning, waitForWorkers } from "./run/wait-for-workers.ts";
import { tellGithub } from "./tell-github.ts";

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
    // Threads of this process have ended, or have handed on what they could not write.
    const running = unwritten.handedOn.size > 0 ? [] : containersStillRunning(directory);
    if (running.length > 0) {
      artillery.log(printable(sharedWords(running, directory)));
      return;
    }
    const files = readRun([directory], unwritten.handedOn);
    const { labEnds, problems } = files;
    labEnds.push(...unwritten.readLabEnds(problems));
    if (files.records.length === 0) {
      // The engine found no target before the first device, and said so.
      if (artillery.exitCode === EXIT_CODES.noDeviceOnline.code) return;
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
    // Where several containers share the directory, what is not in it is missing; where each has its own, it lies elsewhere.
    const isShared = new Set(files.records.map(({ containerName }) => containerName)).size > 1;
    const of = isShared ? "run" : "machine";
    const run = mergeRun(files, labEnds, of);
    const summary = buildSummary(run, { target: config.target, problems, fail: config.fail, of });
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
    if (config.report.includes("github")) tellGithub(summary, process.env, artillery.log);
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

/** So many containers are named. */
const MOST_NAMED = 5;

/** Whoever ends last has the files of all: a verdict before that would be one on a part of the run, and be overwritten. */
function sharedWords(running: readonly string[], directory: string): string {
  const who = firstSentences(running.map(containerName), MOST_NAMED, "containers").join(", ");
  const command = `mqtt-results report ${relative(process.cwd(), directory)}`;
  return `mqtt-results: ${who} of this run still at work: the last to end judges all, and so does ${command}`;
}
