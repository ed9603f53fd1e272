import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { vi } from "vitest";
import type { ArtilleryScript, Helpers, VuContext } from "../../engine/src/artillery.ts";
import { TIMELINE_ROW_MS } from "../../engine/src/contract.ts";
import { ONLY_CONTAINER } from "../../engine/src/device/identity.ts";
import { FleetNumbers } from "../../engine/src/live/fleet-numbers.ts";
import { buildSummary } from "../../results/src/judge/summary.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { mergeRun } from "../../results/src/run/merge.ts";
import { readRun } from "../../results/src/run/run-files.ts";
import { temporaryDirectory } from "./run-files.ts";
import { type Rules, SimulatedBroker } from "./simulated-broker.ts";

/** Storms as in a script; times are the script's too. */
export interface SimulatedScript {
  devices: number;
  /** Arrivals per second. */
  arrivalRate: number;
  /** `config.engines.mqtt` without `timeZero`. */
  mqtt: Record<string, unknown>;
  /** One scenario, or several that take turns. */
  scenarios?: Record<string, unknown>[];
}

/** Firmware that asks for its configuration on every connect, and can tell answers apart. */
export const ASKS_ON_CONNECT = {
  name: "asks on connect",
  engine: "mqtt",
  onConnect: [
    {
      request: {
        topic: "config/{{ deviceId }}/get/{{ requestId }}",
        responseTopic: "config/{{ deviceId }}/{{ requestId }}",
        timeout: "2s",
      },
    },
    { subscribe: { topics: "commands/{{ deviceId }}" } },
  ],
  flow: [{ connect: {} }, { stayOnline: {} }],
};

/** Firmware that only subscribes. */
export const SUBSCRIBES = {
  ...ASKS_ON_CONNECT,
  name: "subscribes",
  onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}" } }],
};

/**
 * A whole worker in virtual time: the real one, but for the sockets, which lead to a broker that obeys rules. It writes the
 * files of a run, and they are read, merged and judged as those of any run. Ten minutes take about a second.
 */
export class SimulatedRun {
  readonly broker: SimulatedBroker;
  /** The log of the run. */
  readonly lines: string[] = [];
  /** Why flows of virtual users failed. */
  readonly flowErrors: string[] = [];
  readonly #script: ArtilleryScript;
  readonly #devices: number;
  readonly #arrivalRate: number;
  readonly #directory: string;
  #startedMs = 0;

  constructor({ devices, arrivalRate, mqtt, scenarios = [ASKS_ON_CONNECT] }: SimulatedScript, rules: Rules) {
    vi.useFakeTimers({
      now: Date.UTC(2026, 0, 1),
      toFake: [
        "setImmediate",
        "clearImmediate",
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "Date",
      ],
    });
    const epochMs = Date.now();
    // Time zero stands on a row of the timeline: here it is the instant of the first arrival.
    const startMs = TIMELINE_ROW_MS - (performance.timeOrigin % TIMELINE_ROW_MS);
    // Not among the timers: node:perf_hooks has its own way to it.
    vi.spyOn(performance, "now").mockImplementation(() => startMs + Date.now() - epochMs);
    this.broker = new SimulatedBroker(rules, () => Date.now());
    this.#devices = devices;
    this.#arrivalRate = arrivalRate;
    this.#directory = temporaryDirectory();
    this.#script = {
      config: {
        target: "mqtt://simulated:1883",
        phases: [{ duration: 1, arrivalRate }],
        engines: { mqtt: { timeZero: "local", ...mqtt } },
        plugins: { "mqtt-results": { output: this.#directory } },
      },
      scenarios,
    } as ArtilleryScript;
  }

  /** Seconds since the first arrival. */
  get seconds(): number {
    return (Date.now() - this.#startedMs) / 1000;
  }

  /** Does something at its time, in seconds after the first arrival. */
  at(seconds: number, act: () => void): this {
    setTimeout(act, seconds * 1000);
    return this;
  }

  /** Runs to the end. `target` is the share that has to come back. */
  async end(target = 0.99): Promise<Summary> {
    const { broker } = this;
    vi.doMock("../../engine/src/transport/open.ts", async (original) => ({
      ...(await original<object>()),
      createOpener: () => broker.open,
    }));
    vi.resetModules();
    const { Worker } = await import("../../engine/src/live/worker.ts");
    // It comes from the same load: steps know their devices by a symbol of their module.
    const { validate } = await import("../../engine/src/script/validate.ts");
    const { plan, problems } = validate(this.#script);
    if (plan === null) throw new Error(JSON.stringify(problems));
    if (plan.target.kind !== "url") throw new Error("the target has no URL");
    const global = globalThis as { artillery?: object };
    global.artillery = { testRunId: "simulated", log: (line: string) => this.lines.push(line) };
    this.#startedMs = Date.now();
    const worker = new Worker({
      script: this.#script,
      plan,
      helpers: {} as Helpers,
      runEvents: { emit: () => true },
      broker: plan.target,
      regions: null,
      tls: { insecure: false } as never,
      readPem: (() => "") as never,
      numbers: new FleetNumbers(FleetNumbers.memoryFor(plan.cohorts.length)),
      tcp: "net",
      container: ONLY_CONTAINER,
      workerId: "0",
      process: "simulated",
      open: () => {
        throw new Error("a simulated run meets nobody");
      },
    });
    let left = this.#devices;
    for (let i = 0; i < this.#devices; i++) {
      setTimeout(
        () => {
          const context: VuContext = { vars: {}, _uid: String(i) };
          worker.runVirtualUser(i % plan.cohorts.length, context, (error) => {
            left--;
            if (error !== null) this.flowErrors.push(error.message);
          });
        },
        (i * 1000) / this.#arrivalRate,
      );
    }
    while (left > 0) vi.advanceTimersByTime(100);
    worker.finish("ended");
    vi.clearAllTimers();
    const files = readRun([join(this.#directory, "simulated")]);
    return buildSummary(mergeRun(files), { target, problems: files.problems });
  }
}

/** After each test. */
export function endSimulation(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.doUnmock("../../engine/src/transport/open.ts");
  // A command of a storm may still have something to say.
  (globalThis as { artillery?: object }).artillery = { log: () => {} };
}
