import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type ProcessUsage, usageOf } from "../../processes/usage.ts";
import type { Job, Measurement } from "../client.ts";
import { exited } from "../own-child.ts";

/** Long enough that what a client does after its last device was ready is over. */
const SETTLE_MS = 1000;
const END_WITHIN_MS = 5000;

/** What a fleet says: that it can begin, that all its devices are ready, that they are so again after a storm. */
export type FleetMessage =
  | { kind: "loaded" }
  | { kind: "ready"; tookMs: number }
  | { kind: "storm"; dropSpreadMs: number; tookMs: number }
  | { kind: "failed"; reason: string };

/** A process with a fleet in it that connects and storms when it is told to. */
export interface ToldFleet {
  title: string;
  child: ChildProcess;
  tell(command: "connect" | "storm"): void;
  /** Asks it to cut all connections by RST and to end: ports left in TIME_WAIT are in the way of clients that bind theirs. */
  end(): void;
  /** Called once, before anything is told. A message that is no message of a fleet is null. */
  onMessage(hear: (message: FleetMessage | null) => void): void;
}

type Reading = ProcessUsage & { brokerCpuUs: number };

/** Reads both processes before, between and after what the fleet is told. Ends it. */
export async function measureToldFleet(
  { brokerPid, devices, signal }: Job,
  { title, child, tell, end, onMessage }: ToldFleet,
): Promise<Measurement> {
  let settle: ((message: FleetMessage | null | Error) => void) | null = null;
  onMessage((message) => settle?.(message));
  child.once("exit", (code, by) => settle?.(new Error(`${title} ended: ${by ?? code}`)));
  child.once("error", (error) => settle?.(error));
  const hear = <Kind extends FleetMessage["kind"]>(kind: Kind): Promise<FleetMessage & { kind: Kind }> =>
    new Promise((resolve, reject) => {
      settle = (message) => {
        settle = null;
        if (message instanceof Error) reject(message);
        else if (message?.kind === kind) resolve(message as FleetMessage & { kind: Kind });
        else reject(new Error(message?.kind === "failed" ? `${title}: ${message.reason}` : "out of step"));
      };
    });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  const now = (): Reading => {
    const usage = child.pid === undefined ? null : usageOf(child.pid);
    const broker = usageOf(brokerPid);
    if (usage === null) throw new Error(`${title} is gone`);
    if (broker === null) throw new Error("Mosquitto is gone");
    return { ...usage, brokerCpuUs: broker.cpuUs };
  };
  const perDevice = (name: "cpuUs" | "brokerCpuUs", from: Reading, to: Reading): number =>
    (to[name] - from[name]) / devices;
  try {
    await hear("loaded");
    await pause(SETTLE_MS);
    const idle = now();
    tell("connect");
    const ready = await hear("ready");
    // An idle process of it uses no time at all.
    await pause(SETTLE_MS);
    const online = now();
    tell("storm");
    const storm = await hear("storm");
    const after = now();
    return {
      readyPerS: (devices * 1000) / ready.tookMs,
      cpuUsPerDevice: perDevice("cpuUs", idle, online),
      brokerCpuUsPerDevice: perDevice("brokerCpuUs", idle, online),
      rssKbPerDevice: (online.rssBytes - idle.rssBytes) / 1024 / devices,
      storm: {
        dropSpreadMs: storm.dropSpreadMs,
        allReadyMs: storm.tookMs,
        readyPerS: (devices * 1000) / storm.tookMs,
        cpuUsPerDevice: perDevice("cpuUs", online, after),
        brokerCpuUsPerDevice: perDevice("brokerCpuUs", online, after),
        loopDelayP99Ms: null,
        generatorSaturated: null,
      },
      note: null,
    };
  } finally {
    signal.removeEventListener("abort", stop);
    if (signal.aborted) stop();
    else end();
    const timer = setTimeout(stop, END_WITHIN_MS);
    // A program that could not be started has no end either.
    if (child.pid !== undefined) await exited(child);
    clearTimeout(timer);
  }
}
