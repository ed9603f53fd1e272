import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FILES, makeDirectory } from "artillery-engine-mqtt/contract";
import { type Difference, differencesOf } from "../judge/differences.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { workerIdsIn } from "../run/run-files.ts";
import { type JudgeOptions, type MergedResults, mergeDirectories } from "./judged-runs.ts";

/** The run that a forecast is held against. */
export interface HeldAgainst extends MergedResults {
  /** What is not the same in both. */
  differences: Difference[];
}

/** In the directory of the forecast: with it, the comparison can be made again wherever that directory is. */
const FOLDER = "measured";

/** Copies what was measured into the directory of the forecast, in place of what was kept there before. */
export function keepMeasured(measured: string, directory: string): void {
  const folder = join(directory, FOLDER);
  rmSync(folder, { recursive: true, force: true });
  makeDirectory(folder);
  const names = workerIdsIn(measured).flatMap((id) => [
    FILES.workerRecord(id),
    FILES.workerHistograms(id),
    FILES.workerTimeline(id),
  ]);
  for (const name of [...names, FILES.lab, RUN_FILES.script]) {
    if (existsSync(join(measured, name))) copyFileSync(join(measured, name), join(folder, name));
  }
}

/** What the forecast in the directory is held against; null for nothing. */
export function heldAgainst(
  directory: string,
  forecast: MergedResults,
  options: JudgeOptions,
): HeldAgainst | null {
  const folder = join(directory, FOLDER);
  if (forecast.summary.forecast === null || !existsSync(folder)) return null;
  const measured = mergeDirectories([folder], { ...options, fail: undefined });
  return { ...measured, differences: differencesOf(measured, forecast) };
}
