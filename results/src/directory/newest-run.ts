import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { workerRecordNames } from "../run/run-files.ts";

/** The run in a place that is a run's directory, or the newest of the runs below it; looks may be repeated. */
export class NewestRun {
  readonly #place: string;
  /** Runs below the place by the epoch milliseconds at which they began: that does not change. */
  readonly #began = new Map<string, number>();

  constructor(place: string) {
    this.#place = place;
  }

  /** Null where no run has begun there, nor the place been made. */
  find(): string | null {
    if (beganAt(this.#place) !== null) return this.#place;
    for (const folder of foldersIn(this.#place)) {
      if (this.#began.has(folder)) continue;
      const atMs = beganAt(folder);
      if (atMs !== null) this.#began.set(folder, atMs);
    }
    let newest: string | null = null;
    for (const [folder, atMs] of this.#began)
      if (newest === null || atMs > (this.#began.get(newest) ?? 0)) newest = folder;
    return newest;
  }
}

function foldersIn(place: string): string[] {
  try {
    const entries = readdirSync(place, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(place, name));
  } catch {
    return [];
  }
}

/** Null where no worker has written its record yet. */
function beganAt(directory: string): number | null {
  const [name] = recordNames(directory);
  if (name === undefined) return null;
  const path = join(directory, name);
  try {
    const { startedAtMs } = JSON.parse(readTextFile(path, LIMITS.recordBytes)) as { startedAtMs?: unknown };
    if (typeof startedAtMs === "number" && Number.isFinite(startedAtMs)) return startedAtMs;
  } catch {
    // It is damaged: that it is there is enough.
  }
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function recordNames(directory: string): string[] {
  try {
    return workerRecordNames(directory);
  } catch {
    return [];
  }
}
