import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerClient } from "../client.ts";
import { findProgram } from "../mosquitto.ts";
import { measureProgram, versionOf } from "./black-box.ts";

/** k6 with Grafana's xk6-mqtt built in. https://github.com/grafana/xk6-mqtt */
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
    try {
      return await measureProgram(job, (devices) => {
        writeFileSync(file, script(job.port, devices));
        return { program: "k6", args: ["run", "--quiet", "--no-usage-report", file] };
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** One virtual user per device. An iteration lasts as long as its client is connected. */
function script(port: number, devices: number): string {
  return `
import { Client } from "k6/x/mqtt";
export const options = {
  scenarios: { fleet: { executor: "per-vu-iterations", vus: ${devices}, iterations: 1, maxDuration: "10m" } },
};
export default function () {
  const client = new Client({ client_id: "k6-" + __VU });
  client.on("connect", () => client.subscribe("commands/k6-" + __VU, { qos: 1 }));
  client.connect("mqtt://127.0.0.1:${port}", { clean_session: true, keepalive: 300 });
}
`;
}
