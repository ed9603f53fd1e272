import { userInfo } from "node:os";
import type { BrokerAdapter } from "../adapter.ts";
import { aptInstall } from "../install-steps.ts";
import { findProgram, versionOf } from "../programs.ts";

export const mosquitto: BrokerAdapter = {
  name: "mosquitto",
  title: "Eclipse Mosquitto",
  vendor: "Eclipse Foundation, Cedalo",
  licence: "EPL-2.0 OR BSD-3-Clause",
  url: "https://mosquitto.org",
  kind: "native",
  capabilities: { protocolVersions: [4, 5], tls: true, persistentSessions: true, restart: true },
  needs: { source: "Debian", what: "package mosquitto", programs: ["apt-get"], downloadMB: 1 },
  limits: {
    maxConnections: "unlimited (max_connections -1)",
    acceptQueue: "100, fixed in its source",
    persistence: "memory (persistence false)",
  },
  notes: ["one thread"],
  startTimeoutMs: 10_000,
  installed: () =>
    versionOf(
      findProgram("mosquitto"),
      ["-h"],
      /mosquitto version (\S+)/,
      "mosquitto is neither on the PATH nor in /usr/sbin",
    ),
  install: (say) => aptInstall(say, ["mosquitto"], ["mosquitto"]),
  configure({ host, port, tls }) {
    const lines = [
      // Root's Mosquitto would change its user, and could not read its folder.
      `user ${userInfo().username}`,
      "persistence false",
      "max_queued_messages 100000",
      "log_dest stderr",
      "log_type error",
      "log_type warning",
      "connection_messages false",
      `listener ${port} ${host}`,
      "max_connections -1",
      "allow_anonymous true",
    ];
    if (tls !== undefined) {
      lines.push(
        `listener ${tls.port} ${host}`,
        "max_connections -1",
        `cafile ${tls.certificates.ca}`,
        `certfile ${tls.certificates.certificate}`,
        `keyfile ${tls.certificates.key}`,
      );
    }
    return {
      files: { "mosquitto.conf": `${lines.join("\n")}\n` },
      program: findProgram("mosquitto") ?? "mosquitto",
      args: ["-c", "mosquitto.conf"],
    };
  },
};
