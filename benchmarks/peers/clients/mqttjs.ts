import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ProcessUsage, usageOf } from "../../processes/usage.ts";
import type { Job, Measurement, PeerClient } from "../client.ts";
import { exited, spawnOwn } from "../own-child.ts";

const FLEET = fileURLToPath(new URL("mqttjs-fleet.ts", import.meta.url));
const SETTLE_MS = 1000;

type Message =
  | { kind: "loaded" }
  | { kind: "ready"; tookMs: number }
  | { kind: "storm"; dropSpreadMs: number; tookMs: number };

type Reading = ProcessUsage & { brokerCpuUs: number };

/**
 * A hundred at a time, as many as Mosquitto's accept queue holds: what suits MQTT.js best. All at once, connections
 * overflow that queue and wait for the kernel to try again, and memory peaks with them.
 */
export const mqttjs = mqttjsClient("mqttjs", "MQTT.js, one client per device", 100);

/** What one writes who does not think of it: a loop over all devices. */
export const mqttjsAtOnce = mqttjsClient("mqttjs_at_once", "MQTT.js, all devices at once", 1_000_000);

/** One client of MQTT.js per device, all in one process: what one writes who has no load generator. */
function mqttjsClient(name: string, title: string, inFlight: number): PeerClient {
  return {
    name,
    title,
    workloads: ["subscribe", "config"],
    async version() {
      const path = createRequire(import.meta.url).resolve("mqtt/package.json");
      return { version: (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version };
    },
    measure: (job) => measure(job, inFlight),
  };
}

async function measure(
  { port, brokerPid, devices, workload, signal }: Job,
  inFlight: number,
): Promise<Measurement> {
  const child = spawnOwn(
    process.execPath,
    [FLEET, String(port), String(devices), workload, String(inFlight)],
    {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const pid = child.pid as number;
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  const hear = (): Promise<Message> =>
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Message));
      child.once("exit", (code, by) => reject(new Error(`the MQTT.js fleet ended: ${by ?? code}`)));
    });
  const now = (): Reading => {
    const [usage, broker] = [usageOf(pid), usageOf(brokerPid)];
    if (usage === null) throw new Error("the MQTT.js fleet is gone");
    if (broker === null) throw new Error("Mosquitto is gone");
    return { ...usage, brokerCpuUs: broker.cpuUs };
  };
  const perDevice = (name: "cpuUs" | "brokerCpuUs", from: Reading, to: Reading): number =>
    (to[name] - from[name]) / devices;
  try {
    await hear();
    await pause(SETTLE_MS);
    const idle = now();
    const connected = hear();
    child.send("connect");
    const ready = await connected;
    if (ready.kind !== "ready") throw new Error("out of step");
    // An idle process of it uses no time at all.
    await pause(SETTLE_MS);
    const online = now();
    const again = hear();
    child.send("storm");
    const storm = await again;
    if (storm.kind !== "storm") throw new Error("out of step");
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
        generatorSaturated: null,
      },
      note: null,
    };
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await exited(child);
  }
}
