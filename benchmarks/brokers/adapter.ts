/**
 * What the comparison knows of a broker: plain data and four functions. An adapter opens nothing and starts nothing by
 * itself: `running-broker.ts` writes its files, starts its command, probes it and stops it, the same way for all.
 *
 * Adding a broker is one file in `adapters/` and one line in `adapters/index.ts`.
 */

/** Says whether it can, or why not, in the words of the comparison's row. */
export type Capability = true | { reason: string };

export interface Capabilities {
  /** MQTT protocol levels: 4 is 3.1.1, 5 is 5.0. */
  protocolVersions: readonly (4 | 5)[];
  /** A TLS listener from given PEM files. */
  tls: Capability;
  /** A session that outlives its connection, as long as the broker's process lives. */
  persistentSessions: Capability;
  /** It can be killed and started again on the same port, under the fleet. */
  restart: Capability;
}

/** What an installation takes, said before it begins. */
export interface Needs {
  source: "Debian" | "npm" | "crates.io" | "Go modules" | "Maven Central" | "Docker";
  /** Names packages and versions. */
  what: string;
  /** Programs that have to be there already; Debian's packages of the same broker are not among them. */
  programs: readonly string[];
  /** About how much is downloaded. */
  downloadMB: number;
}

/** Listener limits and persistence, as the comparison's table shows them: the same choice for all, where possible. */
export interface Limits {
  /** Connections that the broker accepts: at least 20,000, or `unlimited`. */
  maxConnections: string;
  /** Length of the accept queue asked for; the kernel cuts it to net.core.somaxconn. */
  acceptQueue: string;
  /** Where sessions and messages are kept. */
  persistence: string;
}

export type Installed = { version: string } | { reason: string };

/** PEM files by their paths. */
export interface Certificates {
  ca: string;
  certificate: string;
  key: string;
}

/** Folder and ports of an instance. Every listener is on the loopback interface. */
export interface Setup {
  /** An empty folder of its own, removed after `stop`: configuration, data and logs. */
  workDir: string;
  host: string;
  port: number;
  /** Is there with `certificates`, or not at all. */
  tls?: { port: number; certificates: Certificates };
  /** Free ports for what else it insists on listening on. */
  sparePorts: readonly [number, number, number];
}

/** How to start an instance: data only. */
export interface Launch {
  /** Files that are written before the first start: text by path relative to the work folder. */
  files: Readonly<Record<string, string>>;
  program: string;
  args: readonly string[];
  /** Is added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** Is run after it has stopped, for what it leaves outside its own processes. */
  afterStop?: readonly string[];
}

export interface BrokerAdapter {
  /** Stands on command lines and in rows: lower case, hyphens. */
  name: string;
  title: string;
  vendor: string;
  /** SPDX identifier. */
  licence: string;
  url: string;
  /** `native`: a process of this machine. `compose`: a container; its processes cannot be seen from here. */
  kind: "native" | "compose";
  capabilities: Capabilities;
  needs: Needs;
  limits: Limits;
  /** It has one MQTT listener: with TLS, nobody listens on `setup.port`. */
  oneListener?: true;
  /** Are given where nobody may connect without. They are no secrets: any will do, and the listener is on the loopback. */
  credentials?: { username: string; password: string };
  /** Anything else that a reader of its figures must know. */
  notes: readonly string[];
  /** How long a start may take until CONNECT is accepted, milliseconds. */
  startTimeoutMs: number;
  installed(): Promise<Installed>;
  /** Idempotent. `say` hears each command before it is run. Throws with the failed command's output. */
  install(say: (line: string) => void): Promise<void>;
  configure(setup: Setup): Launch;
}

/** The reason, or null where it can. */
export function whyNot(capability: Capability): string | null {
  return capability === true ? null : capability.reason;
}
