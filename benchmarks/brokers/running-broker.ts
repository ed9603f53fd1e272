import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { IClientOptions } from "mqtt";
import { connectLimited } from "../limited-client.ts";
import { processesMarked } from "../processes/process-table.ts";
import type { BrokerAdapter, Certificates, Launch, Setup } from "./adapter.ts";
import { findProgram } from "./programs.ts";

const HOST = "127.0.0.1";
/** How long a broker may take to leave after SIGTERM. Erlang and Java write what they hold. */
const STOP_TIMEOUT_MS = 15_000;
const PROBE_TIMEOUT_MS = 3000;
/** Every process of an instance has it in its environment, children of children too: so leftovers are found. */
export const MARK = "MQTT_BROKER_WORK_DIR";

export interface StartOptions {
  /** Where they are given there is a TLS listener too. Starting throws where the adapter has none. */
  certificates?: Certificates;
}

/** A broker that could not be started, or ended: the row says so. `log` is the end of what it said. */
export class BrokerError extends Error {
  readonly log: string;

  constructor(message: string, log: string) {
    super(message);
    this.name = "BrokerError";
    this.log = log;
  }
}

/**
 * One instance on free ports of the loopback interface. It ends with this process: on `stop`, at exit, on Ctrl-C
 * (SIGINT, SIGTERM, SIGHUP), and on Linux with util-linux's setpriv even if this process is killed.
 */
export class RunningBroker {
  readonly adapter: BrokerAdapter;
  readonly setup: Setup;
  readonly #launch: Launch;
  #child: ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve("never started");

  private constructor(adapter: BrokerAdapter, setup: Setup) {
    this.adapter = adapter;
    this.setup = setup;
    this.#launch = adapter.configure(setup);
  }

  /** Resolves when an MQTT CONNECT was accepted on every listener; throws BrokerError, with nothing left, if not. */
  static async start(adapter: BrokerAdapter, { certificates }: StartOptions = {}): Promise<RunningBroker> {
    if (certificates !== undefined && adapter.capabilities.tls !== true) {
      throw new BrokerError(`no TLS: ${adapter.capabilities.tls.reason}`, "");
    }
    const [port, tlsPort, ...sparePorts] = await freePorts();
    const broker = new RunningBroker(adapter, {
      workDir: mkdtempSync(join(tmpdir(), `broker-${adapter.name}-`)),
      host: HOST,
      port,
      sparePorts,
      ...(certificates === undefined ? {} : { tls: { port: tlsPort, certificates } }),
    });
    for (const [path, text] of Object.entries(broker.#launch.files)) {
      const file = join(broker.setup.workDir, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    running.add(broker);
    watchSignals();
    try {
      await broker.run();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  get url(): string {
    return `mqtt://${this.setup.host}:${this.setup.port}`;
  }

  get tlsUrl(): string | null {
    return this.setup.tls === undefined ? null : `mqtts://${this.setup.host}:${this.setup.tls.port}`;
  }

  /** The first process, whose descendants are the broker too; null while it is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How its process ended; stays pending while it runs. For a broker that dies under a storm. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** What it has printed, earlier runs included. */
  log(): string {
    try {
      return readFileSync(this.#logPath, "utf8");
    } catch {
      return "";
    }
  }

  get #logPath(): string {
    return join(this.setup.workDir, "broker.log");
  }

  /** Starts it on its ports and waits until it is ready; again, after `kill`: with what it kept in its folder. */
  async run(): Promise<void> {
    const { program, args, env } = this.#launch;
    const log = openSync(this.#logPath, "a");
    // The kernel kills it when this process is gone, in whatever way.
    const setpriv = process.platform === "linux" ? findProgram("setpriv") : null;
    const command =
      setpriv === null ? [program, ...args] : [setpriv, "--pdeathsig", "KILL", program, ...args];
    const child = spawn(command[0] as string, command.slice(1), {
      cwd: this.setup.workDir,
      env: { ...process.env, ...env, [MARK]: this.setup.workDir },
      stdio: ["ignore", log, log],
      // It gets a process group of its own: signals reach its children, and Ctrl-C is ours to pass on.
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    let how: string | null = null;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once("error", (error) => resolve(error.message));
    });
    void this.#ended.then((ending) => {
      how = ending;
    });
    const deadline = performance.now() + this.adapter.startTimeoutMs;
    for (;;) {
      const refusal = await this.probe();
      if (refusal === null) return;
      if (how !== null) throw this.#error(`it ended while it started (${how})`);
      if (performance.now() > deadline) {
        throw this.#error(`not ready within ${this.adapter.startTimeoutMs / 1000} s: ${refusal}`);
      }
      await pause(100);
    }
  }

  #error(message: string): BrokerError {
    return new BrokerError(`${this.adapter.name}: ${message}`, this.log().slice(-4000));
  }

  /** Returns null if every listener accepts a CONNECT, or why one does not. */
  async probe(): Promise<string | null> {
    const { tls } = this.setup;
    const options: IClientOptions = {
      protocolVersion: this.adapter.capabilities.protocolVersions[0] ?? 4,
      ...this.adapter.credentials,
    };
    const plain = tls !== undefined && this.adapter.oneListener ? null : await accepted(this.url, options);
    if (plain !== null || this.tlsUrl === null || tls === undefined) return plain;
    // The certificate is for the name; the address is this machine's.
    return accepted(this.tlsUrl, {
      ...options,
      ca: readFileSync(tls.certificates.ca),
      servername: "localhost",
    });
  }

  /** Kills all its processes. Resolves when they are gone: their sockets are then closed by the kernel. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined) return;
    signalGroup(child.pid, signal);
    const ended = this.#ended.then(() => true);
    if (!(await Promise.race([ended, pause(STOP_TIMEOUT_MS, false, { ref: false })]))) {
      signalGroup(child.pid, "SIGKILL");
      await ended;
    }
    await this.#sweep(child.pid);
  }

  /** Children that outlive the first process, or left its group, as Erlang's port mapper does. */
  async #sweep(pid: number): Promise<void> {
    signalGroup(pid, "SIGKILL");
    for (let tries = 0; tries < 100; tries++) {
      const left = this.leftovers();
      if (left.length === 0) return;
      for (const one of left) signalProcess(one, "SIGKILL");
      await pause(20);
    }
    throw this.#error(`processes ${this.leftovers().join(", ")} cannot be ended`);
  }

  /** Processes of this instance that are alive. */
  leftovers(): number[] {
    return processesMarked(MARK, this.setup.workDir);
  }

  /** Sends SIGTERM, then SIGKILL, and removes its folder. */
  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    this.#cleanUp();
  }

  /** Stops it without waiting, for a process that is about to end. */
  stopNow(): void {
    const pid = this.#child?.pid;
    this.#child = null;
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
    for (const one of this.leftovers()) signalProcess(one, "SIGKILL");
    this.#cleanUp();
  }

  #cleanUp(): void {
    running.delete(this);
    const [program, ...args] = this.#launch.afterStop ?? [];
    if (program !== undefined) {
      try {
        execFileSync(program, args, {
          stdio: "ignore",
          timeout: 30_000,
          env: { ...process.env, ...this.#launch.env },
        });
      } catch {
        // It was not there to be cleaned up.
      }
    }
    rmSync(this.setup.workDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

// ---- no process is left behind ---------------------------------------------------------------------------------------

const running = new Set<RunningBroker>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let watching = false;

function stopAll(): void {
  for (const broker of running) broker.stopNow();
}

function watchSignals(): void {
  if (watching) return;
  watching = true;
  process.once("exit", stopAll);
  for (const signal of SIGNALS) {
    // Others may listen too, to finish what they do and end by themselves; alone, the signal ends this process as ever.
    const listener = (): void => {
      if (process.listenerCount(signal) > 1) return;
      stopAll();
      process.removeListener(signal, listener);
      process.kill(process.pid, signal);
    };
    process.on(signal, listener);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

// ---- ready -----------------------------------------------------------------------------------------------------------

/** Returns null if a CONNECT is accepted there, or why not. */
async function accepted(url: string, options: IClientOptions): Promise<string | null> {
  try {
    const clientId = `probe${process.pid}`;
    const client = await connectLimited(url, {
      clientId,
      reconnectPeriod: 0,
      connectTimeout: PROBE_TIMEOUT_MS,
      ...options,
    });
    await client.endAsync(true);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Nobody listens on them, and they are below the kernel's ephemeral ports: no outgoing connection takes one. */
async function freePorts(): Promise<[number, number, number, number, number]> {
  const ports = new Set<number>();
  while (ports.size < 5) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, HOST, () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.add(port);
  }
  return [...ports] as [number, number, number, number, number];
}
