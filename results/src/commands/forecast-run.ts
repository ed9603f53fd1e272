import { join } from "node:path";
import { printable, writeWhole } from "artillery-engine-mqtt/contract";
import type { PreparedForecast } from "artillery-engine-mqtt/forecast";
import { REPORTS } from "../config/config.ts";
import { type MergedResults, mergeDirectories } from "../directory/judged-runs.ts";
import { type Written, writeResults } from "../directory/write-results.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { type Script, scriptText } from "../run/script-file.ts";
import type { Engine } from "./forecast-engine.ts";
import { progressTo } from "./forecast-progress.ts";
import type { Io } from "./io.ts";

export interface ForecastRunAsked {
  engine: Engine;
  /** What is kept as the run's own script. */
  script: Script;
  /** The files of the run go there. */
  directory: string;
  testRunId: string;
  signal: AbortSignal;
  io: Io;
}

/** One forecast that is kept: its files are those of a run, and it is judged as every run is. */
export async function forecastRun(
  prepared: PreparedForecast,
  { engine, script, directory, testRunId, signal, io }: ForecastRunAsked,
): Promise<MergedResults & { isComplete: boolean }> {
  // The engine may change what it is given.
  const text = scriptText(script);
  const onProgress = progressTo(io, prepared.devices);
  for (const line of engine.forecastWarnings(prepared)) io.err(`${printable(line)}\n`);
  const { isComplete } = await engine.runForecast(prepared, { directory, testRunId, signal, onProgress });
  writeWhole(join(directory, RUN_FILES.script), text);
  return { ...mergeDirectories([directory], {}), isComplete };
}

export function writeForecastResults(
  directory: string,
  { run, summary, script }: MergedResults,
  measured?: Parameters<typeof writeResults>[5],
): Written {
  return writeResults(directory, REPORTS, run, summary, script, measured);
}
