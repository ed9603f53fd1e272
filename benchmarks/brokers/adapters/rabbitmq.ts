import type { BrokerAdapter } from "../adapter.ts";
import { aptInstall } from "../install-steps.ts";
import { findProgram, isProgram, versionOf } from "../programs.ts";

/** /usr/sbin's is Debian's wrapper, which changes the user and the home. */
const SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** It gets a port mapper of its own, which ends with the broker's process group: Erlang would leave a daemon behind. */
const START = `setpriv --pdeathsig KILL epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
exec ${SERVER}
`;

export const rabbitmq: BrokerAdapter = {
  name: "rabbitmq",
  title: "RabbitMQ, MQTT plugin",
  vendor: "Broadcom",
  licence: "MPL-2.0",
  url: "https://www.rabbitmq.com",
  kind: "native",
  capabilities: { protocolVersions: [4], tls: true, persistentSessions: true, restart: true },
  needs: {
    source: "Debian",
    what: "package rabbitmq-server and Erlang",
    programs: ["apt-get"],
    downloadMB: 60,
  },
  limits: {
    maxConnections: "unlimited (Erlang ports +Q 1048576)",
    acceptQueue: "4096 (mqtt.tcp_listen_options.backlog)",
    persistence:
      "memory for retained messages (ram store) and clean sessions; queues of persistent sessions are durable, on disk",
  },
  notes: ["MQTT 5 came with RabbitMQ 3.13; Debian's is older"],
  startTimeoutMs: 90_000,
  installed: () =>
    versionOf(
      isProgram(SERVER) ? (findProgram("dpkg-query") ?? null) : null,
      ["-s", "rabbitmq-server"],
      /^Version: (?:\d+:)?([\d.]+)/m,
      `${SERVER} is not there`,
    ),
  install: (say) => aptInstall(say, ["rabbitmq-server"], ["rabbitmq-server"]),
  configure({ workDir, host, port, tls, sparePorts: [distribution, mapper] }) {
    const lines = [
      "listeners.tcp = none",
      `mqtt.listeners.tcp.1 = ${host}:${port}`,
      "mqtt.allow_anonymous = true",
      "mqtt.tcp_listen_options.backlog = 4096",
      "mqtt.tcp_listen_options.nodelay = true",
      "mqtt.retained_message_store = rabbit_mqtt_retained_msg_store_ets",
      "log.console = true",
      "log.console.level = warning",
      "log.file = false",
      // It refuses to work when little disk is free.
      "disk_free_limit.absolute = 50MB",
    ];
    if (tls !== undefined) {
      lines.push(
        `mqtt.listeners.ssl.1 = ${host}:${tls.port}`,
        `ssl_options.cacertfile = ${tls.certificates.ca}`,
        `ssl_options.certfile = ${tls.certificates.certificate}`,
        `ssl_options.keyfile = ${tls.certificates.key}`,
        "ssl_options.verify = verify_none",
        "ssl_options.fail_if_no_peer_cert = false",
      );
    }
    return {
      files: {
        "rabbitmq.conf": `${lines.join("\n")}\n`,
        enabled_plugins: "[rabbitmq_mqtt].\n",
        "rabbitmq-env.conf": "",
        start: START,
      },
      program: "/bin/sh",
      args: ["start"],
      env: {
        // The cookie of its Erlang node is written there.
        HOME: workDir,
        ERL_EPMD_PORT: `${mapper}`,
        ERL_EPMD_ADDRESS: host,
        // Without it the script stays, and asks rabbitmqctl to stop the server.
        RUNNING_UNDER_SYSTEMD: "true",
        RABBITMQ_NODENAME: `mqtt${port}@localhost`,
        RABBITMQ_DIST_PORT: `${distribution}`,
        RABBITMQ_CONF_ENV_FILE: `${workDir}/rabbitmq-env.conf`,
        RABBITMQ_CONFIG_FILE: `${workDir}/rabbitmq.conf`,
        RABBITMQ_ENABLED_PLUGINS_FILE: `${workDir}/enabled_plugins`,
        RABBITMQ_MNESIA_BASE: `${workDir}/mnesia`,
        RABBITMQ_LOG_BASE: `${workDir}/log`,
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+Q 1048576 +P 1048576",
      },
    };
  },
};
