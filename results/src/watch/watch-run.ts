import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "artillery-engine-mqtt/contract";
import { progressLine } from "../console/progress.ts";
import { openStorms, type StormProgress, type WorkerNow } from "../judge/storm-progress.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { lowest } from "../run/highest-lowest.ts";
import { thisWriter } from "../run/this-writer.ts";
import { readWorkersNow } from "./workers-now.ts";

const INTERVAL_MS = 2000;

export interface WatchOptions {
  /** Is asked at every tick: Artillery sets the test run id after it has loaded its plugins. */
  directory: () => string;
  log: (line: string) => void;
  progress: boolean;
  /** Text of `script.json`. */
  script: string;
  /** Which container this is of those that may share the directory; null where that is not known. */
  ordinal?: number | null;
}

/**
 * While the run goes on: keeps the script beside the worker files as soon as there are any (a script that was refused
 * leaves no directory), and says how an open storm goes. Never keeps the process alive, never throws.
 */
export class RunWatch {
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | null = null;
  #stopped = false;
  #scriptKept = false;
  #lastLines = "";
  /** Storms of which it was said that all are ready, by how many on how many containers: that is not said again until it is not so. */
  readonly #allReady = new Map<number, string>();

  constructor(options: WatchOptions, intervalMs: number = INTERVAL_MS) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#reading;
    this.#keepScript();
  }

  #tick(): void {
    this.#keepScript();
    // A disk that is slower than the interval gets no second reader.
    if (!this.#options.progress || this.#reading !== null) return;
    this.#reading = this.#say()
      .catch(() => {})
      .finally(() => {
        this.#reading = null;
      });
  }

  #keepScript(): void {
    const directory = this.#options.directory();
    if (this.#scriptKept || !existsSync(directory)) return;
    this.#scriptKept = true;
    try {
      writeWhole(join(directory, RUN_FILES.script), this.#options.script, thisWriter(process.env));
    } catch (error) {
      this.#options.log(
        `mqtt-results: ${RUN_FILES.script} could not be written: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  async #say(): Promise<void> {
    const workers = await readWorkersNow(this.#options.directory());
    const lines = openStorms(workers).length === 0 ? [] : this.#lines(workers);
    const text = lines.join("\n");
    // Workers that did not flush since have nothing new to say.
    if (text === "" || text === this.#lastLines || this.#stopped) return;
    this.#lastLines = text;
    for (const line of lines) this.#options.log(line);
  }

  /** Of the containers that share the directory, the first of those that run speaks for all. */
  #lines(workers: readonly WorkerNow[]): string[] {
    const { ordinal = null } = this.#options;
    const speaker = firstRunning(workers);
    if (ordinal === null || speaker === null || speaker === ordinal)
      return openStorms(workers)
        .filter((storm) => this.#isNews(storm))
        .map(progressLine);
    return [`storms are open: container ${speaker} shows how all containers go`];
  }

  #isNews({ index, ready, due, containers }: StormProgress): boolean {
    const all = due > 0 && ready >= due ? `${due} on ${containers}` : "";
    const isNews = all === "" || this.#allReady.get(index) !== all;
    this.#allReady.set(index, all);
    return isNews;
  }
}

/** Null where there is one container. */
function firstRunning(workers: readonly WorkerNow[]): number | null {
  const containers = workers.flatMap(({ record: { container, state } }) =>
    container === undefined ? [] : { ordinal: container.ordinal, state },
  );
  if (new Set(containers.map(({ ordinal }) => ordinal)).size < 2) return null;
  return lowest(containers.filter(({ state }) => state === "running").map(({ ordinal }) => ordinal));
}
