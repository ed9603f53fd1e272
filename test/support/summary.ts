import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import type { ArtilleryRun } from "./artillery.ts";

/** The one run below a run's working directory. */
export function resultsDirectory({ runDirectory, stdout, stderr }: ArtilleryRun): string {
  const parent = join(runDirectory, "mqtt-results");
  const runs = existsSync(parent) ? readdirSync(parent) : [];
  if (runs.length !== 1) throw new Error(`${runs.length} runs in ${parent}\n${stdout}\n${stderr}`);
  return join(parent, runs[0] as string);
}

export function readSummary(run: ArtilleryRun): Summary {
  return JSON.parse(readFileSync(join(resultsDirectory(run), "summary.json"), "utf8")) as Summary;
}

/** Processes that the run said it started: the lab's. */
export function labPids({ stdout }: { stdout: string }): number[] {
  const line = stdout.split("\n").find((text) => text.startsWith("mqtt lab:")) ?? "";
  return [...line.matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
