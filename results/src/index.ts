import { isMainThread } from "node:worker_threads";
import { PLUGIN_NAME } from "artillery-engine-mqtt/contract";
import { currentArtillery } from "./artillery.ts";
import { parseConfig, type ResultsConfig } from "./config.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { reportRun } from "./report-run.ts";

/** Without this Artillery gives the plugin its version 1 events. */
export const LEGACY_METRICS_FORMAT = false;

/** Artillery constructs it in the main thread and in every worker; only the one in the main thread does anything. */
export class Plugin {
  readonly #config: ResultsConfig | null;

  constructor(
    script: { config?: { plugins?: Record<string, unknown> } },
    _events: unknown,
    _options?: unknown,
  ) {
    const inWorker = !isMainThread || process.env.LOCAL_WORKER_ID !== undefined;
    this.#config = inWorker ? null : configOrExit(script.config?.plugins?.[PLUGIN_NAME]);
  }

  cleanup(done: () => void): void {
    const finished = this.#config ? reportRun(this.#config, currentArtillery()) : Promise.resolve();
    void finished.finally(() => done());
  }
}

/** Artillery only warns of a constructor that throws and runs on, so a bad configuration ends the process here. */
function configOrExit(input: unknown): ResultsConfig {
  const result = parseConfig(input);
  if (result.ok) return result.config;
  process.stderr.write(result.problems.map((problem) => `${problem}\n`).join(""));
  return process.exit(EXIT_CODES.invalidConfig.code);
}
