import type { BrokerAdapter } from "../adapter.ts";
import { aptInstall } from "../install-steps.ts";
import { findProgram, versionOf } from "../programs.ts";

/** mod_mqtt knows XMPP's users only: this one is anybody's. */
const DOMAIN = "localhost";

export const ejabberd: BrokerAdapter = {
  name: "ejabberd",
  title: "ejabberd, mod_mqtt",
  vendor: "ProcessOne",
  licence: "GPL-2.0-or-later",
  url: "https://www.ejabberd.im",
  kind: "native",
  capabilities: { protocolVersions: [4, 5], tls: true, persistentSessions: true, restart: true },
  needs: { source: "Debian", what: "package ejabberd and Erlang", programs: ["apt-get"], downloadMB: 60 },
  limits: {
    maxConnections: "unlimited (Erlang ports +Q 1048576)",
    acceptQueue: "4096 (backlog)",
    persistence: "memory (mod_mqtt db_type mnesia, ram_db_type mnesia; sessions live in its processes)",
  },
  credentials: { username: "device", password: "anything" },
  notes: ["any user name and password, since a password must be given", "max_fsm_queue 100000"],
  startTimeoutMs: 30_000,
  installed: () =>
    versionOf(
      findProgram("ejabberdctl") === null ? null : findProgram("dpkg-query"),
      ["-s", "ejabberd"],
      /^Version: (?:\d+:)?([\d.]+)/m,
      "ejabberdctl is neither on the PATH nor in /usr/sbin",
    ),
  install: (say) => aptInstall(say, ["ejabberd"], ["ejabberd"]),
  configure({ workDir, host, port, tls }) {
    const listener = (on: number, secured: boolean): string => `  -
    port: ${on}
    ip: "${host}"
    module: mod_mqtt
    backlog: 4096
    max_fsm_queue: 100000
    tls: ${secured}
`;
    const config = `hosts: [ "${DOMAIN}" ]
loglevel: warning
auth_method: [ anonymous ]
anonymous_protocol: login_anon
allow_multiple_connections: true
${tls === undefined ? "" : `certfiles: [ "${tls.certificates.certificate}", "${tls.certificates.key}" ]\n`}listen:
${listener(port, false)}${tls === undefined ? "" : listener(tls.port, true)}modules:
  mod_mqtt:
    access_publish: {}
    access_subscribe: {}
    max_queue: 100000
    session_expiry: 1 hour
`;
    return {
      files: { "ejabberd.yml": config, "data/.keep": "", inetrc: '{lookup,["file","native"]}.\n' },
      // Erlang itself is started: ejabberdctl changes the user, and gives the node a name, which starts a daemon that stays.
      program: findProgram("erl") ?? "erl",
      args: [
        ..."+K true +Q 1048576 +P 1048576 -noinput -start_epmd false".split(" "),
        "-mnesia",
        "dir",
        `"${workDir}/data"`,
        "-s",
        "ejabberd",
      ],
      env: {
        HOME: workDir,
        ERL_LIBS: "/usr/lib/x86_64-linux-gnu",
        ERL_MAX_ETS_TABLES: "20000",
        EJABBERD_CONFIG_PATH: `${workDir}/ejabberd.yml`,
        EJABBERD_LOG_PATH: `${workDir}/ejabberd.log`,
      },
    };
  },
};
