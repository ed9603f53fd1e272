import { isMainThread } from "node:worker_threads";
import {
  hideEnvironment,
  PLUGIN_NAME,
  printable,
  takeHangupAsTermination,
} from "artillery-engine-mqtt/contract";
import { currentArtillery } from "./artillery.ts";
import { parseConfig, type ResultsConfig, unknownCohorts } from "./config/config.ts";
import { engineProblem } from "./engine-in-sight.ts";
import { EXIT_CODES } from "./judge/exit-codes.ts";
import type { LiveSession } from "./live/live-session.ts";
import { startRunPage } from "./live/run-page.ts";
import { fargateContainer } from "./parts/fargate-container.ts";
import { PrometheusEndpoint } from "./prometheus/endpoint.ts";
import { isQuiet } from "./quiet.ts";
import { reportRun, runDirectory } from "./report-run.ts";
import { type Script, scriptText } from "./run/script-file.ts";
import { UnwrittenWorkers } from "./run/unwritten-workers.ts";
import { ContainerRun } from "./send-run.ts";
import { RunWatch } from "./watch/watch-run.ts";

/** Artillery would otherwise give the plugin its version 1 events. */
export const LEGACY_METRICS_FORMAT = false;

/** What the plugin in the main thread holds while the run goes on. */
interface PluginRun {
  config: ResultsConfig;
  /** Text of `script.json`. */
  script: string;
  watch: RunWatch;
  unwritten: UnwrittenWorkers;
  /** Null where nobody asks for metrics. */
  endpoint: PrometheusEndpoint | null;
  /** Null unless it is one of several containers, whose results are judged elsewhere. */
  container: ContainerRun | null;
  /** The page of `live`; null where there is none. */
  page: Promise<LiveSession | null>;
}

/** Artillery constructs it in the main thread and in every worker; only the one in the main thread does anything. */
export class Plugin {
  readonly #run: PluginRun | null;

  constructor(script: Script, _events: unknown, _options?: unknown) {
    const inWorker = !isMainThread || process.env.LOCAL_WORKER_ID !== undefined;
    this.#run = inWorker ? null : startRun(script, configOrExit(script));
  }

  cleanup(done: () => void): void {
    void this.#finish().finally(() => done());
  }

  async #finish(): Promise<void> {
    if (this.#run === null) return;
    const { config, script, watch, unwritten, endpoint, container, page } = this.#run;
    await watch.stop();
    if (container === null) await reportRun(config, currentArtillery(), unwritten, script);
    else await container.finish(currentArtillery(), unwritten);
    unwritten.close();
    await Promise.all([endpoint?.finish(), page.then((one) => one?.close({ isOver: true }))]);
  }
}

function startRun(script: Script, config: ResultsConfig): PluginRun {
  const problem = engineProblem(script.config, process.argv[1]);
  if (problem !== null) {
    process.stderr.write(`${printable(problem)}\n`);
    process.exit(EXIT_CODES.invalidConfig.code);
  }
  hideEnvironment(script);
  takeHangupAsTermination();
  const text = scriptText(script);
  const directory = (): string => runDirectory(config, currentArtillery().testRunId);
  const log = (line: string): void => currentArtillery().log(line);
  const where = fargateContainer(process.env);
  const container = where && new ContainerRun(where, directory, log);
  const watch = new RunWatch({
    directory,
    log,
    progress: config.progress && container === null,
    script: text,
    ordinal: ordinalOf(process.env),
  });
  const quiet = isQuiet(process.argv);
  const endpoint =
    config.prometheus &&
    new PrometheusEndpoint({
      ...config.prometheus,
      testRunId: () => currentArtillery().testRunId,
      log: (line) => log(printable(line)),
      isQuiet: quiet,
    });
  // Nobody's browser is on the machine of a container in the cloud.
  const page = startRunPage(
    container === null ? config : { ...config, live: false },
    directory,
    quiet ? null : log,
  );
  return { config, script: text, watch, unwritten: new UnwrittenWorkers(), endpoint, container, page };
}

/** Which of several containers this is, where that was given; what is no ordinal the engine refuses. */
function ordinalOf({ MQTT_FLEET_INDEX }: NodeJS.ProcessEnv): number | null {
  const text = MQTT_FLEET_INDEX?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** Artillery only warns of a constructor that throws and runs on, so a bad configuration ends the process here. */
function configOrExit(script: Script): ResultsConfig {
  const result = parseConfig(script.config?.plugins?.[PLUGIN_NAME]);
  const problems = result.ok ? unknownCohorts(result.config, scenariosOf(script)) : result.problems;
  if (result.ok && problems.length === 0)
    return isQuiet(process.argv) ? quietly(result.config) : result.config;
  process.stderr.write(problems.map((problem) => `${printable(problem)}\n`).join(""));
  return process.exit(EXIT_CODES.invalidConfig.code);
}

function quietly(config: ResultsConfig): ResultsConfig {
  return { ...config, progress: false, report: config.report.filter((kind) => kind !== "console") };
}

function scenariosOf({ scenarios }: Script): unknown[] {
  return Array.isArray(scenarios) ? scenarios : [];
}
