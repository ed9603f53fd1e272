import { fileURLToPath } from "node:url";
import type { BrokerAdapter } from "../adapter.ts";
import { run } from "../install-steps.ts";
import { findProgram, versionOf } from "../programs.ts";

const FILE = fileURLToPath(new URL("../compose.yml", import.meta.url));

interface Service {
  service: string;
  title: string;
  vendor: string;
  licence: string;
  url: string;
  protocolVersions: readonly (4 | 5)[];
}

const SERVICES: readonly Service[] = [
  {
    service: "emqx",
    title: "EMQX",
    vendor: "EMQ",
    licence: "Apache-2.0",
    url: "https://www.emqx.com",
    protocolVersions: [4, 5],
  },
  {
    service: "hivemq-ce",
    title: "HiveMQ Community Edition",
    vendor: "HiveMQ",
    licence: "Apache-2.0",
    url: "https://github.com/hivemq/hivemq-community-edition",
    protocolVersions: [4, 5],
  },
  {
    service: "vernemq",
    title: "VerneMQ",
    vendor: "Octavo Labs",
    licence: "Apache-2.0",
    url: "https://vernemq.com",
    protocolVersions: [4, 5],
  },
  {
    service: "nanomq",
    title: "NanoMQ",
    vendor: "EMQ",
    licence: "MIT",
    url: "https://nanomq.io",
    protocolVersions: [4, 5],
  },
  {
    service: "mosquitto",
    title: "Eclipse Mosquitto",
    vendor: "Eclipse Foundation, Cedalo",
    licence: "EPL-2.0 OR BSD-3-Clause",
    url: "https://mosquitto.org",
    protocolVersions: [4, 5],
  },
  {
    service: "rabbitmq",
    title: "RabbitMQ, MQTT plugin",
    vendor: "Broadcom",
    licence: "MPL-2.0",
    url: "https://www.rabbitmq.com",
    protocolVersions: [4, 5],
  },
  {
    service: "nats",
    title: "NATS server",
    vendor: "Synadia, CNCF",
    licence: "Apache-2.0",
    url: "https://nats.io",
    protocolVersions: [4],
  },
];

async function reasonAgainst(docker: string | null): Promise<string | null> {
  const compose = await versionOf(
    docker,
    ["compose", "version"],
    /v?(\d+\.\d+\S*)/,
    "docker is not on the PATH",
  );
  if ("reason" in compose) return "no docker compose here";
  const engine = await versionOf(
    docker,
    ["version", "--format", "engine {{.Server.Version}}"],
    /engine (\d\S*)/,
    "docker is not on the PATH",
  );
  return "reason" in engine ? "no Docker engine answers" : null;
}

/** Containers of compose.yml, where a Docker engine is: written, and not tried, on a machine without one. */
export const composeAdapters: readonly BrokerAdapter[] = SERVICES.map(
  ({ service, protocolVersions, ...about }): BrokerAdapter => ({
    ...about,
    name: `${service}-docker`,
    kind: "compose",
    capabilities: {
      protocolVersions,
      tls: { reason: "compose.yml has no TLS listeners" },
      persistentSessions: true,
      restart: { reason: "a kill from here ends docker compose, not the container's process" },
    },
    needs: {
      source: "Docker",
      what: `the image of ${service} in compose.yml`,
      programs: ["docker"],
      downloadMB: 200,
    },
    limits: {
      maxConnections: "at least 20,000 (compose.yml; 200,000 descriptors)",
      acceptQueue: "4096 at most (net.core.somaxconn in the container)",
      persistence: "in the container, which is removed",
    },
    notes: [
      "through Docker's port forwarding",
      "its CPU time and memory are not seen from here",
      "not tried yet",
    ],
    startTimeoutMs: 180_000,
    installed: async () => {
      const docker = findProgram("docker");
      const reason = await reasonAgainst(docker);
      if (reason !== null) return { reason };
      return versionOf(
        docker,
        ["compose", "-f", FILE, "config", "--images", service],
        /:(\S+)\s*$/,
        "docker is not on the PATH",
      );
    },
    install: (say) => run(say, ["docker", "compose", "-f", FILE, "pull", service]),
    configure: ({ port }) => {
      const compose = ["compose", "-p", `mqtt-brokers-${port}`, "-f", FILE];
      return {
        files: {},
        program: findProgram("docker") ?? "docker",
        args: [...compose, "up", "--no-color", service],
        env: { MQTT_PORT: `${port}` },
        afterStop: ["docker", ...compose, "down", "--volumes", "--timeout", "5"],
      };
    },
  }),
);
