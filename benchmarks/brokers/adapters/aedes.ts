import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrokerAdapter } from "../adapter.ts";

const LAUNCHER = fileURLToPath(new URL("../launchers/aedes.ts", import.meta.url));

export const aedes: BrokerAdapter = {
  name: "aedes",
  title: "Aedes",
  vendor: "Moscajs",
  licence: "MIT",
  url: "https://github.com/moscajs/aedes",
  kind: "native",
  capabilities: { protocolVersions: [4], tls: true, persistentSessions: true, restart: true },
  needs: { source: "npm", what: "nothing: the engine depends on it", programs: [], downloadMB: 0 },
  limits: {
    maxConnections: "unlimited",
    acceptQueue: "4096",
    persistence: "memory (its default persistence)",
  },
  notes: ["one thread; the broker of the default scenario's lab"],
  startTimeoutMs: 15_000,
  installed: () => {
    try {
      const require = createRequire(import.meta.url);
      // Its exports hide package.json from require, not from a path.
      const folder = dirname(require.resolve("aedes"));
      const { version } = require(join(folder, "package.json")) as { version: string };
      return Promise.resolve({ version });
    } catch {
      return Promise.resolve({ reason: "not among the installed packages: npm ci" });
    }
  },
  install: () => Promise.resolve(),
  configure: ({ host, port, tls }) => ({
    files: {},
    program: process.execPath,
    args: [
      LAUNCHER,
      host,
      `${port}`,
      ...(tls === undefined ? [] : [`${tls.port}`, tls.certificates.certificate, tls.certificates.key]),
    ],
  }),
};
