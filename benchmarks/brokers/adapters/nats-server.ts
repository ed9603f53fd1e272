import type { BrokerAdapter } from "../adapter.ts";
import { aptInstall } from "../install-steps.ts";
import { findProgram, versionOf } from "../programs.ts";

export const natsServer: BrokerAdapter = {
  name: "nats-server",
  title: "NATS server",
  vendor: "Synadia, CNCF",
  licence: "Apache-2.0",
  url: "https://nats.io",
  kind: "native",
  capabilities: { protocolVersions: [4], tls: true, persistentSessions: true, restart: true },
  needs: { source: "Debian", what: "package nats-server", programs: ["apt-get"], downloadMB: 5 },
  limits: {
    maxConnections: "1,000,000 (max_connections)",
    acceptQueue: "net.core.somaxconn, Go's choice",
    persistence: "files (JetStream, which its MQTT needs)",
  },
  oneListener: true,
  notes: ["sessions are JetStream consumers: each is written even where the client asked for a clean one"],
  startTimeoutMs: 15_000,
  installed: () =>
    versionOf(
      findProgram("nats-server"),
      ["--version"],
      /v(\d\S*)/,
      "nats-server is neither on the PATH nor in /usr/sbin",
    ),
  install: (say) => aptInstall(say, ["nats-server"], ["nats-server"]),
  configure({ host, port, tls, sparePorts }) {
    const secured =
      tls === undefined
        ? ""
        : `  tls { cert_file: "${tls.certificates.certificate}", key_file: "${tls.certificates.key}", timeout: 30 }\n`;
    const text = `server_name: "mqtt${port}"
listen: "${host}:${sparePorts[0]}"
max_connections: 1000000
jetstream { store_dir: "data" }
mqtt {
  listen: "${host}:${tls?.port ?? port}"
${secured}}
`;
    return {
      files: { "nats.conf": text },
      program: findProgram("nats-server") ?? "nats-server",
      args: ["-c", "nats.conf"],
    };
  },
};
