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

const BROKER = { name: "moquette", artifact: "io.moquette:moquette-broker:0.17" };

export const moquette: BrokerAdapter = {
  name: BROKER.name,
  title: "Moquette",
  vendor: "Moquette",
  licence: "Apache-2.0",
  url: "https://github.com/moquette-io/moquette",
  kind: "native",
  capabilities: {
    protocolVersions: [4],
    tls: true,
    persistentSessions: true,
    restart: true,
  },
  needs: {
    source: "Maven Central",
    what: `${BROKER.artifact} and what it depends on`,
    programs: ["mvn", "java", "javac"],
    downloadMB: 15,
  },
  limits: {
    maxConnections: "unlimited",
    acceptQueue: "4096 (netty.so_backlog)",
    persistence: "memory (persistence_enabled false)",
  },
  notes: ["Java heap at most 2 GB", "its MQTT 5 is partial: compared with 3.1.1 only"],
  startTimeoutMs: 30_000,
  installed: () => installedJava(BROKER),
  install: (say) => installJava(say, BROKER),
  configure: ({ workDir, host, port, tls }) => ({
    files: {
      "moquette.conf": `host ${host}
port ${port}
allow_anonymous true
persistence_enabled false
telemetry_enabled false
data_path ${workDir}/data
netty.so_backlog 4096
${tls === undefined ? "" : tlsListener(workDir, tls.port)}`,
      "data/.keep": "",
      "log4j.properties": `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.SimpleLayout
`,
    },
    program: findProgram("java") ?? "java",
    args: [
      "-Xmx2g",
      `-Dlog4j.configuration=file:${workDir}/log4j.properties`,
      "-cp",
      classPath(BROKER),
      "Launcher",
      `${workDir}/moquette.conf`,
      ...(tls === undefined ? [] : keyStoreArgs(workDir, tls.certificates)),
    ],
  }),
};

function tlsListener(workDir: string, port: number): string {
  return `ssl_port ${port}
jks_path ${keyStorePath(workDir)}
key_store_type pkcs12
key_store_password ${KEY_STORE_PASSWORD}
key_manager_password ${KEY_STORE_PASSWORD}
`;
}
