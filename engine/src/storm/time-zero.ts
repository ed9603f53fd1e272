import { randomUUID } from "node:crypto";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { z } from "zod";
import type { ClockOffset } from "../contract.ts";
import { limitPackets } from "../transport/mqttjs-limit.ts";
import { ClockTalk } from "./clock-talk.ts";
import type { Population } from "./selection.ts";

/** How the workers of a run come to one time zero. */
export type TimeZeroPlan =
  /** Agreed on through retained messages on `<topic>/<testRunId>/…` of the broker under test. */
  | { kind: "agreed"; topic: string }
  /** An absolute time, epoch milliseconds. */
  | { kind: "absolute"; epochMs: number }
  /** Each process has its own: for one machine, or a broker that allows no such topic. */
  | { kind: "local" };

/** What a worker tells the others of itself. */
export interface OwnEntry extends Population {
  /**
   * The engine's own device ids begin with this: the client id prefix, empty for none. Null where the script gives all devices
   * ids of its own.
   */
  idPrefix: string | null;
}

export interface AgreementOptions {
  url: string;
  protocolVersion: 4 | 5;
  topic: string;
  testRunId: string;
  workerId: string;
  /** When this process began, epoch milliseconds: a time zero before that is another run's, unless somebody alive says so. */
  startedAtMs: number;
  /** Epoch milliseconds: this worker's clock, which is held against the others'. */
  wallClock(): number;
  username?: string;
  password?: string;
  /** Options to reach a broker that speaks TLS. */
  tls?: object;
  onTimeZero(epochMs: number): void;
  /** Another run, or another process of this one, has devices of the same ids at this broker. Told once for each. */
  onSameIds(testRunId: string): void;
}

/**
 * One control connection of a worker. Each worker keeps one retained message there: its time zero and its devices, so that all
 * adopt the earliest time zero and know how large the fleet is, also those that come later. It is cleared at the end, and by the
 * broker, as the will of this connection, when the process is killed.
 */
export class Agreement {
  readonly #options: AgreementOptions;
  readonly #client: MqttClient;
  /** Tells this process's messages from those of another that has the same names. */
  readonly #instance = randomUUID();
  readonly #entries = new Map<string, RosterMessage>();
  /** Workers whose entry was taken away again. */
  readonly #gone = new Set<string>();
  readonly #sameIds = new Set<string>();
  readonly #rosterTopic: string;
  readonly #ownTopic: string;
  readonly #clocks: ClockTalk;
  #timeZeroMs: number;
  #own: OwnEntry;
  #dirty = true;
  readonly #publishTimer: NodeJS.Timeout;

  constructor(options: AgreementOptions, proposedMs: number, own: OwnEntry) {
    this.#options = options;
    this.#timeZeroMs = proposedMs;
    this.#own = own;
    this.#rosterTopic = `${options.topic}/${options.testRunId}/roster`;
    this.#ownTopic = `${this.#rosterTopic}/${options.workerId}`;
    const { username, password, tls, workerId, wallClock } = options;
    const send = (whom: string, message: string): void => {
      this.#client.publish(this.#clockTopic(whom), message, { qos: 0 });
    };
    this.#clocks = new ClockTalk({ workerId, wallClock, send });
    this.#client = connect(options.url, {
      clientId: `artillery-${options.testRunId}-${options.workerId}-${this.#instance.slice(0, 8)}`,
      protocolVersion: options.protocolVersion,
      clean: true,
      reconnectPeriod: 1000,
      connectTimeout: 10_000,
      // An empty retained message clears the one before: MQTT 3.1.1, 3.3.1.3.
      will: { topic: this.#ownTopic, payload: Buffer.alloc(0), qos: 1, retain: true },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // MQTT.js hands only some of them on to its WebSocket.
      ...(tls === undefined ? {} : { ...tls, wsOptions: tls }),
    });
    limitPackets(this.#client, MAX_PACKET_BYTES);
    this.#client.on("connect", () => {
      this.#client.subscribe(`${this.#rosterTopic}/+`, { qos: 1 });
      // It asks who else uses the same device ids. A broker that does not allow it answers so, and that is all.
      this.#client.subscribe(`${options.topic}/+/roster/+`, { qos: 0 }, () => {});
      this.#client.subscribe(this.#clockTopic(options.workerId), { qos: 0 }, () => {});
      this.#publishRoster();
    });
    this.#client.on("message", (topic, payload, packet) => this.#hear(topic, payload, packet));
    // The broker under test may be down: that is what devices are there to find out. MQTT.js tries again.
    this.#client.on("error", () => {});
    this.#publishTimer = setInterval(() => {
      if (this.#dirty) this.#publishRoster();
      if (this.#client.connected) this.#clocks.turn(this.#alive());
    }, 500);
    this.#publishTimer.unref();
  }

  /** This worker's devices so far; published at most twice a second. */
  setDevices(devices: number): void {
    if (devices === this.#own.devices) return;
    this.#own = { ...this.#own, devices };
    this.#dirty = true;
  }

  /** The devices of other containers. An entry of another time zero was left by a run that is over. */
  others(): Population[] {
    const sums = new Map<string, number>();
    let fleet = 0;
    for (const { container, devices, timeZeroMs } of this.#entries.values()) {
      if (container === this.#own.container || timeZeroMs !== this.#timeZeroMs) continue;
      fleet += devices;
      if (fleet > MOST_DEVICES) break;
      sums.set(container, (sums.get(container) ?? 0) + devices);
    }
    return [...sums].map(([container, devices]) => ({ container, devices })).sort(byContainer);
  }

  /** How far this worker's clock is from that of another; null where that was not measured. */
  get clock(): ClockOffset | null {
    return this.#clocks.offset;
  }

  #clockTopic(workerId: string): string {
    return `${this.#options.topic}/${this.#options.testRunId}/clock/${workerId}`;
  }

  #alive(): string[] {
    return [...this.#entries.keys()].filter((workerId) => !this.#gone.has(workerId));
  }

  /** Containers in which another worker is alive. */
  containers(): string[] {
    const alive = [...this.#entries].filter(([workerId, { timeZeroMs }]) => {
      return timeZeroMs === this.#timeZeroMs && !this.#gone.has(workerId);
    });
    return [...new Set(alive.map(([, { container }]) => container))];
  }

  #publishRoster(): void {
    if (!this.#client.connected) return;
    this.#dirty = false;
    const message: RosterMessage = { ...this.#own, timeZeroMs: this.#timeZeroMs, instance: this.#instance };
    this.#client.publish(this.#ownTopic, JSON.stringify(message), { qos: 1, retain: true });
  }

  #hear(topic: string, payload: Buffer, { retain }: IPublishPacket): void {
    if (topic === this.#clockTopic(this.#options.workerId)) {
      this.#clocks.hear(payload.toString());
      return;
    }
    const [testRunId, , workerId] = topic.slice(this.#options.topic.length + 1).split("/");
    if (testRunId === undefined || workerId === undefined) return;
    const isOurs = testRunId === this.#options.testRunId;
    // It was cleared: that worker has ended, or its connection has. Its devices still count, as they do for the others.
    if (payload.length === 0 && isOurs && this.#entries.has(workerId)) this.#gone.add(workerId);
    const message = parse(payload);
    if (message === null || message.instance === this.#instance) return;
    // What is retained may have been left behind by a run that is over.
    if (!retain) this.#lookAtIds(message, testRunId, isOurs && workerId === this.#options.workerId);
    if (!isOurs || workerId === this.#options.workerId) return;
    if (this.#entries.has(workerId) || this.#entries.size < MOST_WORKERS)
      this.#entries.set(workerId, message);
    this.#gone.delete(workerId);
    this.#compare(message.timeZeroMs, retain);
  }

  #compare(heardMs: number, retained: boolean): void {
    if (Math.abs(heardMs - this.#timeZeroMs) > MOST_APART_MS) return;
    if (heardMs > this.#timeZeroMs) {
      // Somebody does not know yet.
      this.#publishRoster();
      return;
    }
    // It is older than the run: if somebody who is alive has it, he answers this worker's own, later one, and is heard then.
    if (heardMs === this.#timeZeroMs || (retained && heardMs < this.#options.startedAtMs)) return;
    this.#timeZeroMs = heardMs;
    this.#publishRoster();
    this.#options.onTimeZero(heardMs);
  }

  #lookAtIds(message: RosterMessage, testRunId: string, sameWorker: boolean): void {
    const { container, idPrefix } = this.#own;
    if (idPrefix === null || idPrefix !== message.idPrefix || container !== message.container) return;
    // Workers of one process share its numbers.
    if (testRunId === this.#options.testRunId && !sameWorker) return;
    if (this.#sameIds.has(testRunId) || this.#sameIds.size >= MOST_WORKERS) return;
    this.#sameIds.add(testRunId);
    // The other one may have come later, and knows this worker only from what is retained: it is told by a living one, once.
    this.#publishRoster();
    this.#options.onSameIds(testRunId);
  }

  /** Takes this worker's retained message away and leaves; waits at most a second for it. */
  async end(): Promise<void> {
    clearInterval(this.#publishTimer);
    if (this.#client.connected) {
      const patience = new Promise((resolve) => setTimeout(resolve, 1000).unref());
      await Promise.race([this.#leave().catch(() => {}), patience]);
    }
    this.#client.end(true);
  }

  async #leave(): Promise<void> {
    await this.#client.publishAsync(this.#ownTopic, "", { qos: 1, retain: true });
    // It leaves with a DISCONNECT, or the broker would publish the will.
    await this.#client.endAsync();
  }
}

/** Workers of one run start within minutes of each other: a time that is further off is no worker's. */
const MOST_APART_MS = 3_600_000;

/** Anyone may write to a topic of the broker: what comes from there is checked, and bounded. */
const MAX_PACKET_BYTES = 65_536;
const MOST_WORKERS = 10_000;
/** The most devices of one worker thread: far more than a process has descriptors for. */
const MOST_DEVICES_OF_WORKER = 200_000;
/** The most devices of all containers together: choosing among so many takes a second. */
const MOST_DEVICES = 10_000_000;

const rosterMessage = z.object({
  container: z.string().max(128),
  devices: z.int().min(0).max(MOST_DEVICES_OF_WORKER),
  idPrefix: z.string().max(256).nullable(),
  timeZeroMs: z.number(),
  instance: z.string().max(64),
});
type RosterMessage = z.output<typeof rosterMessage>;

function parse(payload: Buffer): RosterMessage | null {
  try {
    return rosterMessage.safeParse(JSON.parse(payload.toString())).data ?? null;
  } catch {
    return null;
  }
}

function byContainer(a: Population, b: Population): number {
  return a.container < b.container ? -1 : 1;
}
