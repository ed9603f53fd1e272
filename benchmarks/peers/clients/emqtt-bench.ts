import type { PeerClient } from "../client.ts";
import { measureProgram, versionOf } from "./black-box.ts";

/** emqtt-bench, Erlang. https://github.com/emqx/emqtt-bench */
export const emqttBench: PeerClient = {
  name: "emqtt_bench",
  title: "emqtt-bench (Erlang)",
  // It cannot ask for a configuration.
  workloads: ["subscribe"],
  async version() {
    // It has no option that tells its version.
    return versionOf("emqtt_bench", ["--help"]);
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
        // A worker process per thousand a second, each with a millisecond between two connections: it ends itself where
        // that would be less.
        "-R",
        String(Math.min(100_000, 1000 * devices)),
        "-t",
        "commands/%i",
        "-q",
        "1",
      ],
    }));
  },
};
