import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrokerAdapter } from "../adapter.ts";
import { goBuild } from "../install-steps.ts";
import { cacheDir, isProgram, versionOf } from "../programs.ts";

const PROGRAM = join(cacheDir("mochi"), "mochi");

export const mochi: BrokerAdapter = {
  name: "mochi",
  title: "Mochi MQTT",
  vendor: "Mochi MQTT",
  licence: "MIT",
  url: "https://github.com/mochi-mqtt/server",
  kind: "native",
  capabilities: { protocolVersions: [4, 5], tls: true, persistentSessions: true, restart: true },
  needs: {
    source: "Go modules",
    what: "github.com/mochi-mqtt/server/v2 v2.6.6, built with launchers/mochi",
    programs: ["go"],
    downloadMB: 5,
  },
  limits: {
    maxConnections: "1,000,000 (MaximumClients)",
    acceptQueue: "net.core.somaxconn, Go's choice",
    persistence: "memory (no storage hook)",
  },
  notes: [],
  startTimeoutMs: 10_000,
  installed: () =>
    versionOf(isProgram(PROGRAM) ? PROGRAM : null, ["--version"], /mochi (\S+)/, `${PROGRAM} was not built`),
  install: (say) => goBuild(say, fileURLToPath(new URL("../launchers/mochi", import.meta.url)), PROGRAM),
  configure: ({ host, port, tls }) => ({
    files: {},
    program: PROGRAM,
    args: [
      host,
      `${port}`,
      ...(tls === undefined ? [] : [`${tls.port}`, tls.certificates.certificate, tls.certificates.key]),
    ],
  }),
};
