import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable } from "artillery-engine-mqtt/contract";
import type { PreparedForecast } from "artillery-engine-mqtt/forecast";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { type Outcome, outcomeOf } from "../forecasting/outcome.ts";
import type { Engine } from "./forecast-engine.ts";
import { progressTo } from "./forecast-progress.ts";
import type { Io } from "./io.ts";

export interface TrialOptions {
  engine: Engine;
  /** The storm that is judged, counted from 1. */
  storm: number;
  /** Share of the affected devices that must be ready. 0..1 */
  target: number;
  signal: AbortSignal;
  io: Io;
}

/**
 * One forecast, judged as every run is: its files are written to a folder of the system's temporary ones, read and removed. Null
 * where it was interrupted: half a forecast says nothing of the whole.
 */
export async function tryForecast(
  prepared: PreparedForecast,
  { engine, storm, target, signal, io }: TrialOptions,
): Promise<Outcome | null> {
  if (signal.aborted) return null;
  const directory = mkdtempSync(join(tmpdir(), "mqtt-forecast-"));
  try {
    const onProgress = progressTo(io, prepared.devices);
    const { isComplete } = await engine.runForecast(prepared, {
      directory,
      testRunId: "find",
      signal,
      onProgress,
    });
    if (!isComplete) return null;
    const { run, summary } = mergeDirectories([directory], { target });
    return outcomeOf(run, summary, storm, prepared);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Says after each forecast how many there were, about how many there will be, and what the last came to. */
export function sayTried(io: Io, done: number, about: number, what: string): void {
  io.err(`${printable(`forecast ${done} of about ${Math.max(done, about)}: ${what}`)}\n`);
}
