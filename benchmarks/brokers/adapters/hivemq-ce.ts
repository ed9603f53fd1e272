import { join } from "node:path";
import type { BrokerAdapter } from "../adapter.ts";
import {
  classPath,
  installedJava,
  installJava,
  KEY_STORE_PASSWORD,
  keyStoreArgs,
  keyStorePath,
} from "../java-launcher.ts";
import { findProgram } from "../programs.ts";

const BROKER = { name: "hivemq-ce", artifact: "com.hivemq:hivemq-community-edition-embedded:2025.5" };

export const hivemqCe: BrokerAdapter = {
  name: BROKER.name,
  title: "HiveMQ Community Edition, embedded",
  vendor: "HiveMQ",
  licence: "Apache-2.0",
  url: "https://github.com/hivemq/hivemq-community-edition",
  kind: "native",
  capabilities: {
    protocolVersions: [4, 5],
    tls: true,
    persistentSessions: true,
    restart: true,
  },
  needs: {
    source: "Maven Central",
    what: `${BROKER.artifact} and what it depends on`,
    programs: ["mvn", "java", "javac"],
    downloadMB: 110,
  },
  limits: {
    maxConnections: "unlimited (max-connections -1)",
    acceptQueue: "net.core.somaxconn, Netty's choice",
    persistence: "memory (persistence mode in-memory)",
  },
  notes: ["Java heap at most 2 GB"],
  startTimeoutMs: 60_000,
  installed: () => installedJava(BROKER),
  install: (say) => installJava(say, BROKER),
  configure: ({ workDir, host, port, tls }) => ({
    files: {
      "conf/config.xml": `<?xml version="1.0"?>
<hivemq>
  <listeners>
    <tcp-listener><port>${port}</port><bind-address>${host}</bind-address></tcp-listener>
${tls === undefined ? "" : tlsListener(workDir, host, tls.port)}  </listeners>
  <restrictions><max-connections>-1</max-connections><incoming-bandwidth-throttling>0</incoming-bandwidth-throttling></restrictions>
  <persistence><mode>in-memory</mode></persistence>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
`,
    },
    program: findProgram("java") ?? "java",
    args: [
      "-Xmx2g",
      "-cp",
      classPath(BROKER),
      "Launcher",
      ...["conf", "data", "extensions"].map((folder) => join(workDir, folder)),
      ...(tls === undefined ? [] : keyStoreArgs(workDir, tls.certificates)),
    ],
  }),
};

function tlsListener(workDir: string, host: string, port: number): string {
  return `    <tls-tcp-listener>
      <port>${port}</port><bind-address>${host}</bind-address>
      <tls>
        <keystore>
          <path>${keyStorePath(workDir)}</path>
          <password>${KEY_STORE_PASSWORD}</password>
          <private-key-password>${KEY_STORE_PASSWORD}</private-key-password>
        </keystore>
      </tls>
    </tls-tcp-listener>
`;
}
