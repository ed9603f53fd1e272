import type { PeerClient } from "../client.ts";
import { measureProgram, versionOf } from "./black-box.ts";

/** MQTTX CLI's `bench sub`. https://mqttx.app/docs/cli */
export const mqttx: PeerClient = {
  name: "mqttx",
  title: "MQTTX CLI, bench sub",
  // It cannot ask for a configuration.
  workloads: ["subscribe"],
  async version() {
    return versionOf("mqttx", ["--version"]);
  },
  measure(job) {
    return measureProgram(job, (devices) => ({
      program: "mqttx",
      args: [
        "bench",
        "sub",
        "-h",
        "127.0.0.1",
        "-p",
        String(job.port),
        "-c",
        String(devices),
        "-i",
        "0",
        "-t",
        "commands/%i",
        "-q",
        "1",
        "--reconnect-period",
        "0",
      ],
    }));
  },
};
