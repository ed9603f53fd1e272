import type { PeerClient } from "../client.ts";
import { measureProgram, versionOf } from "./black-box.ts";

/** emqtt-bench, Erlang. https://github.com/emqx/emqtt-bench */
export const emqttBench: PeerClient = {
  name: "emqtt_bench",
  title: "emqtt-bench (Erlang)",
  // It cannot ask for a configuration.
  workloads: ["subscribe"],
  async version() {
    return versionOf("emqtt_bench", ["--version"]);
  },
  measure(job) {
    return measureProgram(job, (devices) => ({
      program: "emqtt_bench",
      args: [
        "sub",
        "-h",
        "127.0.0.1",
        "-p",
        String(job.port),
        "-c",
        String(devices),
        "-R",
        "100000",
        "-t",
        "commands/%i",
        "-q",
        "1",
      ],
    }));
  },
};
