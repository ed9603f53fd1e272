import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printableLines } from "artillery-engine-mqtt/contract";
import { cpuUsAt, type ProcessUsage, usageAt, usageOf } from "../../processes/usage.ts";
import type { Job, Measurement, PeerClient, Workload } from "../client.ts";
import { exited, spawnOwn } from "../own-child.ts";

const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../../..");
const ARTILLERY = join(REPOSITORY, "node_modules/artillery/bin/run");
const SAMPLE_MS = 100;

/**
 * Artillery's timer spins through the second in which devices arrive, and takes what the core has left: they connect when that
 * is over, spread as they arrived.
 */
const CONNECT_AFTER_S = 3;

/**
 * All devices arrive in the first second. A slow broker gets the time that it needs: what would be cut off would look
 * cheap, so a fleet that is not ready by `readyByMs` has no figures.
 */
export interface Timing {
  readyByMs: number;
  stormAtS: number;
  windowS: number;
}

export function timingOf(devices: number): Timing {
  const windowS = 5 + Math.ceil(devices / 800);
  const stormAtS = CONNECT_AFTER_S + windowS;
  return { readyByMs: (stormAtS - 1) * 1000, stormAtS, windowS };
}

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
  measure: (job) => measureEngine(job),
};

/** @param threads worker threads: one unless given, as the clients have that it is measured beside */
export async function measureEngine(job: Job, threads = 1): Promise<EngineMeasurement> {
  const timing = timingOf(job.devices);
  const script: EngineScript = {
    connectAfterS: CONNECT_AFTER_S,
    threads,
    storms: [{ at: `${timing.stormAtS}s`, window: `${timing.windowS}s` }],
  };
  // Artillery starts no thread that would have no device.
  const idle = await artilleryRun({ ...job, devices: threads }, script);
  const full = await artilleryRun(job, script);
  return measurementOf(job.devices, timing, idle, full);
}

export interface EngineMeasurement extends Measurement {
  /** Resident memory of the run that the fleet's is held against: one device on every thread. */
  idleRssBytes: number;
}

export interface EngineRun {
  samples: ProcessUsage[];
  /** What Mosquitto used. */
  brokerSamples: ProcessUsage[];
  summary: RunSummary;
  timeline: TimelineRow[];
}

/** 100 ms of the run, times from time zero: devices ready at its end, CONNECTs tried in it. */
export interface TimelineRow {
  tMs: number;
  ready: number;
  attempts: number;
}

/** What is read of summary.json. */
export interface RunSummary {
  timeZeroAt: string;
  workers: number;
  fleet: { everOnline: number };
  generator: { saturated: boolean; eventLoopDelayMs: { p99: number } };
  storms: {
    at: number;
    windowMs: number;
    affected: number;
    recovered: number;
    verdict: string;
    generatorSaturated: boolean;
    generator: { reasons: string[]; eventLoopDelayMs: { p99: number } } | null;
    dropSpreadMs: { max: number | null };
    readyMs: { max: number | null };
  }[];
}

export interface EngineScript {
  /** Seconds; all devices arrive in it. */
  arriveInS?: number;
  /** Devices arrive, and connect that much later, when Artillery's arrivals are over. */
  connectAfterS?: number;
  /** Worker threads; null or not given: as many as Artillery starts on this machine. */
  threads?: number | null;
  storms: { at: string; window: string }[];
}

function scriptOf({ port, devices, workload, localAddresses }: Job, more: EngineScript) {
  const { arriveInS = 1, connectAfterS = 0, storms } = more;
  return {
    config: {
      target: `mqtt://127.0.0.1:${port}`,
      phases: [{ duration: arriveInS, arrivalRate: Math.ceil(devices / arriveInS), maxVusers: devices }],
      engines: {
        mqtt: {
          reconnect: { policy: "immediate" },
          connectTimeout: "30s",
          timeZero: "local",
          ...(localAddresses === null ? {} : { localAddresses }),
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
        flow: [
          ...(connectAfterS === 0 ? [] : [{ think: connectAfterS }]),
          { connect: {} },
          { stayOnline: {} },
        ],
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

/**
 * On one machine Artillery starts a worker thread for every processor but one, and nothing that it is told changes that (its variable
 * WORKERS is for other platforms): for another number the machine has to look as if it had other processors.
 */
export function threadArguments(threads: number | null): string[] {
  if (threads === null) return [];
  const code = `
import os from "node:os";
import { syncBuiltinESMExports } from "node:module";
const [cpu] = os.cpus();
os.cpus = () => Array.from({ length: ${threads + 1} }, () => cpu);
syncBuiltinESMExports();`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}

/** One run, sampled from outside. Rejects where it left no summary. */
export async function artilleryRun(
  job: Job,
  more: EngineScript,
  onSample: (usage: ProcessUsage) => void = () => {},
  sampleMs = SAMPLE_MS,
): Promise<EngineRun> {
  const { threads = null } = more;
  const directory = mkdtempSync(join(tmpdir(), "bench-engine-"));
  writeFileSync(join(directory, "script.json"), JSON.stringify(scriptOf(job, more)));
  // Node itself runs it: a wrapper script would be the process that is measured.
  const child = spawnOwn(
    process.execPath,
    [...threadArguments(threads), ARTILLERY, "run", "script.json"],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: "true" },
    },
    job.core,
  );
  const pid = child.pid as number;
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-2000);
    });
  }
  const samples: ProcessUsage[] = [];
  const brokerSamples: ProcessUsage[] = [];
  const timer = setInterval(() => {
    const usage = usageOf(pid);
    const broker = usageOf(job.brokerPid);
    if (usage === null || broker === null) return;
    samples.push(usage);
    brokerSamples.push(broker);
    onSample(usage);
  }, sampleMs);
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  job.signal.addEventListener("abort", stop, { once: true });
  try {
    const code = await exited(child);
    const results = join(directory, "results");
    const [run] = code === 0 ? readdirSync(results) : [];
    if (run === undefined) throw new Error(`artillery ended with ${code}: ${printableLines(tail)}`);
    const summary = JSON.parse(readFileSync(join(results, run, "summary.json"), "utf8")) as RunSummary;
    if (threads !== null && summary.workers !== threads) {
      throw new Error(`${summary.workers} worker threads instead of ${threads}`);
    }
    const timeline = timelineRows(readFileSync(join(results, run, "timeline.csv"), "utf8"));
    return { samples, brokerSamples, summary, timeline };
  } catch (error) {
    throw job.signal.aborted ? new Error("interrupted") : error;
  } finally {
    clearInterval(timer);
    job.signal.removeEventListener("abort", stop);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Reads timeline.csv; the run has one cohort. */
export function timelineRows(csv: string): TimelineRow[] {
  const [header = "", ...lines] = csv.trim().split("\n");
  const columns = header.split(",");
  const [ready, attempts] = [columns.indexOf("ready"), columns.indexOf("connect_attempts")];
  return lines.map((line) => {
    const cells = line.split(",").map(Number);
    return { tMs: cells[0] as number, ready: cells[ready] as number, attempts: cells[attempts] as number };
  });
}

/** CPU time between two instants after time zero, microseconds. Throws where the run was not sampled about them. */
function cpuBetween(samples: readonly ProcessUsage[], zero: number, fromMs: number, toMs: number): number {
  const from = cpuUsAt(samples, zero + fromMs);
  const to = cpuUsAt(samples, zero + toMs);
  if (from === null || to === null) throw new Error("the run was not sampled in time");
  return to - from;
}

/** Resident memory at an instant after time zero. Throws where the run was not sampled before it. */
export function rssAt({ samples, summary }: Pick<EngineRun, "samples" | "summary">, atMs: number): number {
  const usage = usageAt(samples, Date.parse(summary.timeZeroAt) + atMs);
  if (usage === null) throw new Error("the run was not sampled in time");
  return usage.rssBytes;
}

/**
 * The idle process is the same run with one device: Artillery, its report and its timers are in both. Throws where the
 * fleet was not ready as a whole in time.
 */
export function measurementOf(
  devices: number,
  { readyByMs, stormAtS, windowS }: Timing,
  idle: EngineRun,
  full: EngineRun,
): EngineMeasurement {
  const { everOnline } = full.summary.fleet;
  // Artillery leaves arrivals out where it cannot keep up with them.
  if (everOnline < devices)
    throw new Error(`only ${everOnline} of ${devices} devices arrived and were online`);
  const firstAttempt = full.timeline.find(({ attempts }) => attempts > 0);
  const lastReady = full.timeline.find(({ ready }) => ready >= devices);
  if (firstAttempt === undefined || lastReady === undefined || lastReady.tMs >= readyByMs) {
    const most = Math.max(0, ...full.timeline.filter(({ tMs }) => tMs < readyByMs).map(({ ready }) => ready));
    throw new Error(`${most} of ${devices} devices were ready after ${readyByMs / 1000} s`);
  }
  const perDevice = (series: "samples" | "brokerSamples", fromMs: number, toMs: number): number => {
    const used = (run: EngineRun): number =>
      cpuBetween(run[series], Date.parse(run.summary.timeZeroAt), fromMs, toMs);
    return (used(full) - used(idle)) / devices;
  };
  // Before the first CONNECT, Artillery starts, devices arrive and think.
  const provisioning = [firstAttempt.tMs, readyByMs] as const;
  const storming = [stormAtS * 1000 - 200, (stormAtS + windowS) * 1000 - 500] as const;
  const [storm] = full.summary.storms;
  const allReadyMs = storm?.readyMs.max ?? null;
  const isWhole = storm !== undefined && storm.recovered === devices && allReadyMs !== null;
  const idleRssBytes = rssAt(idle, readyByMs);
  return {
    idleRssBytes,
    // Rows are 100 ms wide: the last ready one counts whole.
    readyPerS: (devices * 1000) / (lastReady.tMs + 100 - firstAttempt.tMs),
    cpuUsPerDevice: perDevice("samples", ...provisioning),
    rssKbPerDevice: (rssAt(full, readyByMs) - idleRssBytes) / 1024 / devices,
    brokerCpuUsPerDevice: perDevice("brokerSamples", ...provisioning),
    storm: isWhole
      ? {
          dropSpreadMs: storm.dropSpreadMs.max,
          allReadyMs,
          readyPerS: (devices * 1000) / allReadyMs,
          cpuUsPerDevice: perDevice("samples", ...storming),
          brokerCpuUsPerDevice: perDevice("brokerSamples", ...storming),
          loopDelayP99Ms: storm.generator?.eventLoopDelayMs.p99 ?? null,
          generatorSaturated: storm.generatorSaturated,
        }
      : null,
    note: isWhole
      ? saturationNote(storm)
      : `storm: ${storm?.recovered ?? 0} of ${devices} ready again after ${windowS} s`,
  };
}

function saturationNote({ generatorSaturated, generator }: RunSummary["storms"][number]): string | null {
  return generatorSaturated ? `generator saturated: ${(generator?.reasons ?? []).join("; ")}` : null;
}
