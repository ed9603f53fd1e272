import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Job, PeerClient } from "../client.ts";
import { spawnOwn } from "../own-child.ts";
import { type FleetMessage, measureToldFleet, type ToldFleet } from "./told-fleet.ts";

const FLEET = fileURLToPath(new URL("mqttjs-fleet.ts", import.meta.url));

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
    measure: (job) => measureToldFleet(job, startFleet(job, inFlight)),
  };
}

function startFleet({ port, devices, workload, core }: Job, inFlight: number): ToldFleet {
  const child = spawnOwn(
    process.execPath,
    [FLEET, String(port), String(devices), workload, String(inFlight)],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] },
    core,
  );
  return {
    title: "the MQTT.js fleet",
    child,
    tell: (command) => void child.send(command),
    end: () => {
      if (child.connected) child.disconnect();
    },
    // Its own file says them, as they are declared.
    onMessage: (hear) => child.on("message", (message) => hear(message as FleetMessage)),
  };
}
