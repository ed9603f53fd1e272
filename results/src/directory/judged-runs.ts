import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_TARGET } from "../config/config.ts";
import { configOfScript } from "../config/script-config.ts";
import type { Fail } from "../judge/gate.ts";
import { buildSummary } from "../judge/summary.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { firstSentences } from "../run/first-sentences.ts";
import { LIMITS } from "../run/limits.ts";
import { type MergedRun, mergeRun } from "../run/merge.ts";
import { mergeObstacles } from "../run/merge-obstacles.ts";
import { readMissing } from "../run/missing-file.ts";
import { readRun } from "../run/run-files.ts";
import { readScript } from "../run/script-file.ts";
import { readSummary } from "./summary-file.ts";

/** What the user gave on the command line; the rest is taken from `script.json`. */
export interface JudgeOptions {
  target?: number | undefined;
  fail?: Fail | undefined;
}

export interface MergedResults {
  run: MergedRun;
  summary: Summary;
  script: string | null;
}

/**
 * Merges the worker files of all directories: machines of one run, or several runs of one script.
 *
 * @throws an error whose message says why they cannot be merged or judged
 */
export function mergeDirectories(directories: readonly string[], options: JudgeOptions): MergedResults {
  // The same directory, however it is written, is read once.
  const distinct = [
    ...new Map(directories.map((path) => [realpathSync(existingDirectory(path)), path])).values(),
  ];
  const files = readRun(distinct);
  const { labEnds, problems, readable } = files;
  const empty = distinct.filter((directory) => !readable.has(directory));
  if (empty.length > 0) {
    const why = firstSentences(problems, LIMITS.problems, "problems").map((problem) => `  ${problem}`);
    throw new Error([...empty.map(noWorkerFiles), ...why].join("\n"));
  }
  const obstacles = mergeObstacles(files.records);
  if (obstacles.length > 0) {
    throw new Error(["These runs cannot be added up:", ...obstacles].join("\n  "));
  }
  const script = distinct.map(readScript).find((text) => text !== null) ?? null;
  const run = mergeRun(files, labEnds);
  const asked = configOfScript(script);
  if (script !== null && !asked?.ok && options.fail === undefined) {
    // A gate would otherwise be open because its file is damaged.
    throw new Error(
      `${RUN_FILES.script} of ${distinct.join(", ")} is damaged, so what the run should fail on is not known; ` +
        "give --fail-verdict, --fail-ready-p99 or --fail-unrecovered, or remove it",
    );
  }
  const target = options.target ?? (asked?.ok ? asked.config.target : undefined);
  const fail = options.fail ?? (asked?.ok ? asked.config.fail : undefined);
  const missing = distinct.flatMap(readMissing);
  const summary = buildSummary(run, {
    target: target ?? earlierTarget(distinct) ?? DEFAULT_TARGET,
    problems: [...missing, ...problems],
    isPartLost: missing.length > 0,
    fail,
  });
  return { run, summary, script };
}

/** What `summary.json` of a run says, or its worker files where there is none. */
export function summaryOf(directory: string): Summary {
  return readSummary(existingDirectory(directory)) ?? mergeDirectories([directory], {}).summary;
}

function existingDirectory(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`${path}: no such directory`);
  if (!found.isDirectory()) throw new Error(`${path} is a file; give the directory of a run`);
  return path;
}

function noWorkerFiles(directory: string): string {
  if (hasWorkers(directory)) return `${directory}: none of its workers could be read`;
  const runs = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && hasWorkers(join(directory, entry.name)))
    .map((entry) => join(directory, entry.name));
  const missing = `${directory}: no worker files (worker-<id>.json, worker-<id>.hlog, worker-<id>.timeline.csv)`;
  if (runs.length === 0) return missing;
  return `${missing}; there are runs below it:\n  ${runs.join("\n  ")}`;
}

function hasWorkers(directory: string): boolean {
  return readdirSync(directory).some((name) => name.startsWith("worker-"));
}

/** A run without `script.json` was judged by the target in its summary; null where no directory has one. */
function earlierTarget(directories: readonly string[]): number | null {
  for (const directory of directories) {
    try {
      const summary = readSummary(directory);
      if (summary !== null) return summary.recoveryTarget;
    } catch {
      // It is damaged, and about to be written again.
    }
  }
  return null;
}
