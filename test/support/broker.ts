import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { Aedes } from "aedes";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { expect, it, onTestFinished } from "vitest";
import {
  DeviceFleet,
  type DeviceFleetOptions,
  eventually,
  pause,
  publish,
  subscribe,
  unsubscribe,
} from "./device-fleet.ts";

/** Real brokers on free ports of the loopback interface. */

const MOSQUITTO = findProgram("mosquitto");

/**
 * False, with the reason printed, where Mosquitto is not installed: its tests are then skipped. Under CI they must not
 * be, so there it throws.
 */
export function mosquittoAvailable(): boolean {
  if (MOSQUITTO !== null) return true;
  const reason = "mosquitto is neither on the PATH nor in /usr/sbin";
  if (process.env["CI"]) throw new Error(`${reason}, and CI is set`);
  console.warn(`skipped: ${reason}`);
  return false;
}

function findProgram(name: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  for (const folder of folders.filter((folder) => folder !== "")) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

/**
 * A port that nobody listens on, below the kernel's ephemeral ports: no outgoing connection can take it while the broker
 * is down, and no device can connect to itself there.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export interface MosquittoOptions {
  /** Passwords by user name; anyone may connect unless given. */
  users?: Record<string, string>;
  /** Further lines for its configuration. */
  settings?: string[];
}

export class Mosquitto {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  static async start({ users, settings = [] }: MosquittoOptions = {}): Promise<Mosquitto> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), "mosquitto-"));
    const lines = [
      `listener ${port} 127.0.0.1`,
      "max_connections -1",
      "max_queued_messages 100000",
      "persistence false",
      // It is unbuffered, so that a line is in the file when the broker has done what it says.
      "log_dest stderr",
      "log_type all",
      "connection_messages true",
      "log_timestamp_format %Y-%m-%dT%H:%M:%S",
      // Root's Mosquitto would change its user, and could not read a folder of root's.
      `user ${userInfo().username}`,
      `allow_anonymous ${users === undefined}`,
      ...settings,
    ];
    if (users !== undefined) {
      const file = join(directory, "passwords");
      writeFileSync(file, "");
      for (const [name, password] of Object.entries(users)) {
        execFileSync(findProgram("mosquitto_passwd") ?? "mosquitto_passwd", ["-b", file, name, password]);
      }
      lines.push(`password_file ${file}`);
    }
    writeFileSync(join(directory, "mosquitto.conf"), `${lines.join("\n")}\n`);
    const broker = new Mosquitto(port, directory);
    await broker.run();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get logPath(): string {
    return join(this.#directory, "mosquitto.log");
  }

  /** Everything that it has logged, earlier runs included. */
  log(): string {
    return readFileSync(this.logPath, "utf8");
  }

  /** How many lines of the log match. */
  logged(line: RegExp): number {
    return this.log()
      .split("\n")
      .filter((text) => line.test(text)).length;
  }

  /** Starts it on its port; again, after `kill`. */
  async run(): Promise<void> {
    const runs = this.#runs();
    const log = openSync(this.logPath, "a");
    const child = spawn(MOSQUITTO ?? "mosquitto", ["-c", join(this.#directory, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", log],
    });
    closeSync(log);
    this.#child = child;
    process.once("exit", () => child.kill("SIGKILL"));
    const failed = (): boolean => child.exitCode !== null;
    await eventually(
      () => failed() || this.#runs() > runs,
      5000,
      () => `Mosquitto did not start:\n${this.log()}`,
    );
    if (failed()) throw new Error(`Mosquitto ended with ${child.exitCode}:\n${this.log()}`);
  }

  #runs(): number {
    try {
      return this.logged(/mosquitto version \S+ running/);
    } catch {
      return 0;
    }
  }

  /** Its sockets are then closed by the kernel. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }

  /** It hangs for so long: the kernel accepts connections, and nobody answers. */
  async hang(forMs: number): Promise<void> {
    this.#child?.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, forMs));
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** How a client's connection ended on the wire. */
export type ConnectionEnd = "fin" | "rst";

/** The embedded broker, in this process. MQTT 3.1.1 only. */
export class AedesServer {
  readonly port: number;
  /** Client ids of accepted connections, in order. */
  readonly accepted: string[] = [];
  readonly ends: Record<ConnectionEnd, number> = { fin: 0, rst: 0 };
  pings = 0;
  readonly #aedes: Aedes;
  readonly #server: Server;

  private constructor(aedes: Aedes, server: Server) {
    this.#aedes = aedes;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => {
      socket.once("end", () => this.ends.fin++);
      socket.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNRESET") this.ends.rst++;
      });
    });
    aedes.on("clientReady", ({ id }) => this.accepted.push(id));
    aedes.on("ping", () => this.pings++);
  }

  /** @param forbidden filters that begin so get SUBACK 0x80 */
  static async start({
    users,
    forbidden,
  }: Pick<MosquittoOptions, "users"> & { forbidden?: string } = {}): Promise<AedesServer> {
    const aedes = await Aedes.createBroker({
      concurrency: 1000,
      authenticate: (_client, username, password, done) => {
        done(null, users === undefined || users[username ?? ""] === password?.toString());
      },
      authorizeSubscribe: (_client, subscription, done) => {
        const isRefused = forbidden !== undefined && subscription.topic.startsWith(forbidden);
        done(null, isRefused ? null : subscription);
      },
    });
    const server = createServer({ noDelay: true }, (socket) => {
      aedes.handle(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, resolve);
    });
    return new AedesServer(aedes, server);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** MQTT.js at the other side: it does not reconnect, and keeps what it hears. */
export class Peer {
  readonly client: MqttClient;
  readonly heard: { topic: string; payload: string; qos: number }[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { qos }) => {
      this.heard.push({ topic, payload: payload.toString(), qos });
    });
  }

  static async connect(url: string, options: IClientOptions): Promise<Peer> {
    return new Peer(await connectAsync(url, { reconnectPeriod: 0, ...options }));
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}

// ---- what every broker and protocol version must give ----------------------------------------------------------------

const QOS = [0, 1, 2] as const;

/** A fleet that ends with the test. */
export function fleetOf(options: DeviceFleetOptions): DeviceFleet {
  const fleet = new DeviceFleet(options);
  onTestFinished(() => fleet.end());
  return fleet;
}

/** A client that ends with the test. */
export async function peerOf(url: string, options: IClientOptions): Promise<Peer> {
  const peer = await Peer.connect(url, options);
  onTestFinished(() => peer.end());
  return peer;
}

/** Tests that do not depend on which broker it is. `broker` is asked for in each test, after it was started. */
export function itWorksWith(broker: () => { url: string; port: number }, protocolVersion: 4 | 5): void {
  const device = (name: string, options: Partial<DeviceFleetOptions> = {}): DeviceFleet =>
    fleetOf({ port: broker().port, protocolVersion, clientIds: `${name}-${protocolVersion}-`, ...options });
  const peer = (): Promise<Peer> => peerOf(broker().url, { protocolVersion });
  const topic = (name: string): string => `${name}/${protocolVersion}`;

  it("connects once, and is ready", async () => {
    const { events } = await device("connects").connect().allReady();
    expect(events).toMatchObject({
      counts: { connectAttempt: 1, tcpOpened: 1, connectAccepted: 1, firstAccepted: 1 },
      names: { connectRefused: {} },
    });
  });

  it("publishes with QoS 0, 1 and 2, each message once and in order", async () => {
    const listener = await peer();
    await listener.client.subscribeAsync(topic("up"), { qos: 2 });
    const fleet = await device("publishes").connect().allReady();
    const expected: Peer["heard"] = [];
    for (const qos of QOS) {
      for (let i = 0; i < 20; i++) {
        const payload = `${qos}/${i}`;
        expect(await publish(fleet.device, topic("up"), payload, { qos })).toBe(null);
        expected.push({ topic: topic("up"), payload, qos });
      }
    }
    await eventually(() => listener.heard.length >= 60);
    expect(listener.heard).toEqual(expected);
    expect(fleet.events).toMatchObject({
      counts: { publishSent: 60, publishAcknowledged: 40 },
      names: { disconnected: {} },
    });
    expect(fleet.device.exchange.session.inflight).toBe(null);
  });

  it("receives QoS 0, 1 and 2, each message once, until it unsubscribes", async () => {
    const speaker = await peer();
    const fleet = await device("receives").connect().allReady();
    const { device: receiver, events } = fleet;
    expect(await subscribe(receiver, [topic("down"), topic("other")], 2)).toBe(null);
    for (const qos of QOS) {
      for (let i = 0; i < 20; i++) await speaker.client.publishAsync(topic("down"), `${i}`, { qos });
    }
    await eventually(() => events.counts.publishReceived >= 60);
    // Every QoS 2 message was released, so the broker has nothing left to repeat.
    await eventually(() => receiver.exchange.session.received === null);
    expect(await unsubscribe(receiver, [topic("down")])).toBe(null);
    expect(receiver.exchange.session.filters).toEqual([topic("other")]);
    await speaker.client.publishAsync(topic("down"), "not heard", { qos: 1 });
    await speaker.client.publishAsync(topic("other"), "heard", { qos: 1 });
    await eventually(() => events.counts.publishReceived >= 61);
    await pause(50);
    expect(events).toMatchObject({
      counts: { publishReceived: 61, subscribeSent: 1, subscribed: 1 },
      names: { error: {} },
    });
  });

  it("takes a message of 200,000 bytes, which no single read holds", async () => {
    const speaker = await peer();
    const { device: receiver, events } = await device("large").connect().allReady();
    await subscribe(receiver, [topic("large")], 1);
    await speaker.client.publishAsync(topic("large"), Buffer.alloc(200_000, "x"), { qos: 1 });
    await eventually(() => events.counts.publishReceived === 1);
    expect(events).toMatchObject({ names: { disconnected: {}, error: {} } });
  });

  it("keeps a persistent session: what came while it was away arrives, and it does not subscribe again", async () => {
    const speaker = await peer();
    const fleet = device("persistent", {
      plan: { clean: false, sessionExpiryS: 60 },
      bootstrap: (booting, done) => booting.exchange.subscribe([topic("kept")], 1, true, done),
    });
    const { device: sleeper, events } = fleet;
    await fleet.connect().allReady();
    expect(sleeper.exchange.sessionPresent).toBe(false);
    sleeper.disconnect();
    await pause(100);
    await speaker.client.publishAsync(topic("kept"), "while away", { qos: 1 });
    await fleet.connect().allReady();
    await eventually(() => events.counts.publishReceived === 1);
    expect(sleeper.exchange.sessionPresent).toBe(true);
    expect(events).toMatchObject({
      counts: { connectAccepted: 2, subscribeSent: 1, subscribed: 1, subscribeSkipped: 1 },
    });
  });

  it("finishes what was in flight when the connection broke, QoS 2 exactly once", async () => {
    const listener = await peer();
    await listener.client.subscribeAsync(topic("inflight"), { qos: 2 });
    const fleet = await device("inflight", { plan: { clean: false, sessionExpiryS: 60 } })
      .connect()
      .allReady();
    // Without a subscription Aedes 1.2.0 says that it kept no session.
    await subscribe(fleet.device, [topic("anything")], 1);
    const said = { 1: [] as string[], 2: [] as string[] };
    for (let cut = 0; cut < 20; cut++) {
      await fleet.allReady();
      const outcomes = ([1, 2] as const).flatMap((qos) =>
        Array.from({ length: 5 }, (_, i) => {
          const payload = `${cut}/${qos}/${i}`;
          said[qos].push(payload);
          return publish(fleet.device, topic("inflight"), payload, { qos });
        }),
      );
      // It cuts at another point of the exchange every time.
      if (cut > 0) await pause((cut % 5) / 2);
      fleet.storm(cut % 2 === 0 ? "reset" : "close", 1);
      expect(await Promise.all(outcomes)).toEqual(Array(10).fill(null));
    }
    const heard = (qos: number): string[] =>
      listener.heard.filter((message) => message.qos === qos).map(({ payload }) => payload);
    await eventually(() => heard(2).length >= 100 && new Set(heard(1)).size >= 100);
    await pause(50);
    expect(heard(2).sort()).toEqual(said[2].sort());
    expect([...new Set(heard(1))].sort()).toEqual(said[1].sort());
    expect(fleet.device.exchange.session.inflight).toBe(null);
  });

  it("subscribes again on every connection of a clean session", async () => {
    const fleet = device("clean", {
      bootstrap: (booting, done) => booting.exchange.subscribe([topic("clean")], 1, true, done),
    });
    await fleet.connect().allReady();
    fleet.device.disconnect();
    await fleet.connect().allReady();
    expect(fleet.device.exchange.sessionPresent).toBe(false);
    expect(fleet.events).toMatchObject({
      counts: { connectAccepted: 2, subscribeSent: 2, subscribed: 2, subscribeSkipped: 0 },
    });
  });
}
