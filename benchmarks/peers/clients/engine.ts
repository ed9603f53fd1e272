import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job, Measurement, PeerClient, Workload } from "../client.ts";
import { exited, spawnOwn } from "../own-child.ts";
import { type ProcessUsage, usageAt, usageOf } from "../process-usage.ts";

const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../../..");
const SAMPLE_MS = 100;
/** All devices arrive in the first second; the storm comes when they have been ready for a while. */
const STORM_AT_S = 9;
const STORM_WINDOW_S = 8;
const READY_MS = (STORM_AT_S - 1) * 1000;

/** `artillery run` with this repository's engine, results plugin on: everything that a user has on. */
export const engine: PeerClient = {
  name: "engine",
  title: "artillery run, artillery-engine-mqtt",
  workloads: ["subscribe", "config"],
  async version() {
    const path = createRequire(import.meta.url).resolve("artillery-engine-mqtt");
    const { version } = JSON.parse(readFileSync(join(path, "../../package.json"), "utf8")) as {
      version: string;
    };
    return { version };
  },
  async measure(job) {
    const idle = await artilleryRun({ ...job, devices: 1 });
    const full = await artilleryRun(job);
    return measurementOf(job.devices, idle, full);
  },
};

export interface EngineRun {
  samples: ProcessUsage[];
  summary: RunSummary;
  /** Ready devices at the end of each 100 ms row, times from time zero. */
  ready: { tMs: number; ready: number }[];
}

/** What is read of summary.json. */
export interface RunSummary {
  timeZeroAt: string;
  fleet: { everOnline: number };
  generator: { saturated: boolean; eventLoopDelayMs: { p99: number } };
  storms: {
    at: number;
    affected: number;
    recovered: number;
    verdict: string;
    generatorSaturated: boolean;
    dropSpreadMs: { max: number | null };
    readyMs: { max: number | null };
  }[];
}

export interface EngineScript {
  /** Seconds; all devices arrive in it. */
  arriveInS?: number;
  storms?: { at: string; window: string }[];
}

function scriptOf(
  { port, devices, workload }: Pick<Job, "port" | "devices" | "workload">,
  more: EngineScript,
) {
  const { arriveInS = 1, storms = [{ at: `${STORM_AT_S}s`, window: `${STORM_WINDOW_S}s` }] } = more;
  return {
    config: {
      target: `mqtt://127.0.0.1:${port}`,
      phases: [{ duration: arriveInS, arrivalRate: Math.ceil(devices / arriveInS), maxVusers: devices }],
      engines: {
        mqtt: {
          reconnect: { policy: "immediate" },
          connectTimeout: "30s",
          timeZero: "local",
          storms: storms.map((storm) => ({ ...storm, fraction: 1, cause: "reset" })),
          seed: 1,
        },
      },
      plugins: { "mqtt-results": { output: "results", report: ["json", "csv", "html"] } },
    },
    scenarios: [
      {
        name: "peers",
        engine: "mqtt",
        onConnect: STEPS[workload],
        flow: [{ connect: {} }, { stayOnline: {} }],
      },
    ],
  };
}

const STEPS: Record<Workload, object[]> = {
  subscribe: [{ subscribe: { topics: ["commands/{{ deviceId }}"], qos: 1 } }],
  config: [
    { subscribe: { topics: ["commands/{{ deviceId }}", "config/{{ deviceId }}"], qos: 1 } },
    {
      request: {
        topic: "config/{{ deviceId }}/get",
        responseTopic: "config/{{ deviceId }}",
        payload: "{}",
        timeout: "30s",
      },
    },
  ],
};

/** One run, sampled from outside. Rejects where it left no summary. */
export async function artilleryRun(
  job: Pick<Job, "port" | "devices" | "workload" | "signal">,
  more: EngineScript = {},
  onSample: (usage: ProcessUsage) => void = () => {},
  sampleMs = SAMPLE_MS,
): Promise<EngineRun> {
  const directory = mkdtempSync(join(tmpdir(), "bench-engine-"));
  writeFileSync(join(directory, "script.json"), JSON.stringify(scriptOf(job, more)));
  // By Node itself: a wrapper script would be the process that is measured.
  const child = spawnOwn(
    process.execPath,
    [join(REPOSITORY, "node_modules/artillery/bin/run"), "run", "script.json"],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: "true" },
    },
  );
  const pid = child.pid as number;
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-2000);
    });
  }
  const samples: ProcessUsage[] = [];
  const timer = setInterval(() => {
    const usage = usageOf(pid);
    if (usage === null) return;
    samples.push(usage);
    onSample(usage);
  }, sampleMs);
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  job.signal.addEventListener("abort", stop, { once: true });
  try {
    const code = await exited(child);
    const results = join(directory, "results");
    const [run] = readdirSync(results);
    if (code !== 0 || run === undefined) throw new Error(`artillery ended with ${code}: ${tail}`);
    const summary = JSON.parse(readFileSync(join(results, run, "summary.json"), "utf8")) as RunSummary;
    return { samples, summary, ready: readyLevels(readFileSync(join(results, run, "timeline.csv"), "utf8")) };
  } catch (error) {
    throw job.signal.aborted ? new Error("interrupted") : error;
  } finally {
    clearInterval(timer);
    job.signal.removeEventListener("abort", stop);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The column `ready` of timeline.csv; the run has one cohort. */
export function readyLevels(csv: string): { tMs: number; ready: number }[] {
  const [header = "", ...lines] = csv.trim().split("\n");
  const column = header.split(",").indexOf("ready");
  return lines.map((line) => {
    const cells = line.split(",");
    return { tMs: Number(cells[0]), ready: Number(cells[column]) };
  });
}

/** CPU time between two instants after time zero, microseconds. */
export function cpuBetween({ samples, summary }: EngineRun, fromMs: number, toMs: number): number {
  const zero = Date.parse(summary.timeZeroAt);
  const from = usageAt(samples, zero + fromMs);
  const to = usageAt(samples, zero + toMs);
  if (from === null || to === null) throw new Error("the run was not sampled in time");
  return to.cpuUs - from.cpuUs;
}

export function rssAt({ samples, summary }: EngineRun, atMs: number): number {
  return usageAt(samples, Date.parse(summary.timeZeroAt) + atMs)?.rssBytes ?? 0;
}

/** The idle process is the same run with one device: Artillery, its report and its timers are in both. */
export function measurementOf(devices: number, idle: EngineRun, full: EngineRun): Measurement {
  const { everOnline } = full.summary.fleet;
  // Artillery leaves arrivals out where it cannot keep up with them.
  if (everOnline < devices)
    throw new Error(`only ${everOnline} of ${devices} devices arrived and were online`);
  const [storm] = full.summary.storms;
  const lastReady = full.ready.find(({ ready }) => ready >= devices);
  // A second before time zero: Artillery's arrivals and the first rows lie about it.
  const cpu = (run: EngineRun): number => cpuBetween(run, -1000, READY_MS);
  const stormCpu = (run: EngineRun): number =>
    cpuBetween(run, STORM_AT_S * 1000 - 200, (STORM_AT_S + STORM_WINDOW_S) * 1000 - 500);
  const allReadyMs = storm?.readyMs.max ?? null;
  return {
    // Rows are 100 ms wide.
    readyPerS: lastReady === undefined ? null : (devices * 1000) / (lastReady.tMs + 100),
    cpuUsPerDevice: (cpu(full) - cpu(idle)) / devices,
    rssKbPerDevice: (rssAt(full, READY_MS) - rssAt(idle, READY_MS)) / 1024 / devices,
    storm:
      storm === undefined || allReadyMs === null
        ? null
        : {
            dropSpreadMs: storm.dropSpreadMs.max ?? 0,
            allReadyMs,
            readyPerS: (devices * 1000) / allReadyMs,
            cpuUsPerDevice: (stormCpu(full) - stormCpu(idle)) / devices,
            generatorSaturated: storm.generatorSaturated,
          },
  };
}
