import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { WorkerRecord } from "artillery-engine-mqtt/contract";
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

/** Resolves when the files of all workers say that the window of a storm, counted from 0, is over; false if they never do. */
export async function windowOver(runDirectory: string, storm: number): Promise<boolean> {
  const parent = join(runDirectory, "mqtt-results");
  for (let tries = 0; tries < 600; tries++) {
    await pause(100);
    const paths = existsSync(parent) ? readdirSync(parent, { recursive: true, encoding: "utf8" }) : [];
    const records = paths
      .filter((path) => /worker-\d+\.json$/.test(path))
      .map((path) => JSON.parse(readFileSync(join(parent, path), "utf8")) as WorkerRecord);
    if (records.length > 0 && records.every(({ storms }) => storms[storm]?.closed === true)) return true;
  }
  return false;
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
