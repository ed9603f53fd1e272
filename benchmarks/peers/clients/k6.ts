import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerClient } from "../client.ts";
import { findProgram } from "../mosquitto.ts";
import { measureProgram, versionOf } from "./black-box.ts";

/** k6 with xk6-mqtt built in. https://github.com/pmalhaire/xk6-mqtt */
export const k6: PeerClient = {
  name: "k6",
  title: "k6 with xk6-mqtt",
  workloads: ["subscribe"],
  async version() {
    const found = versionOf("k6", ["version"]);
    if ("reason" in found) return found;
    const text = execFileSync(findProgram("k6") as string, ["version"], { encoding: "utf8" });
    return /mqtt/i.test(text) ? found : { reason: "this k6 was built without an MQTT extension" };
  },
  async measure(job) {
    const directory = mkdtempSync(join(tmpdir(), "bench-k6-"));
    const file = join(directory, "subscribe.js");
    writeFileSync(file, script(job.port));
    try {
      return await measureProgram(job, (devices) => ({
        program: "k6",
        args: ["run", "--quiet", "--vus", String(devices), "--duration", "10m", file],
      }));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function script(port: number): string {
  return `
const mqtt = require("k6/x/mqtt");
const { sleep } = require("k6");
const client = new mqtt.Client(["127.0.0.1:${port}"], "", "", false, "k6-" + __VU, 10000);
let connected = false;
export default function () {
  if (!connected) {
    client.connect();
    client.subscribe("commands/k6-" + __VU, 1, 10000);
    connected = true;
  }
  sleep(60);
}
`;
}
