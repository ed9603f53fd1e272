import { connect, type MqttClient } from "mqtt";
import { z } from "zod";
import type { RosterEntry } from "./selection.ts";

/** How the workers of a run come to one time zero. */
export type TimeZeroPlan =
  /** Through a retained message on `<topic>/<testRunId>/…` of the broker under test. */
  | { kind: "agreed"; topic: string }
  /** An absolute time, epoch milliseconds. */
  | { kind: "absolute"; epochMs: number }
  /** Each worker for itself: one worker, or a broker that allows no such topic. */
  | { kind: "local" };

export interface AgreementOptions {
  url: string;
  protocolVersion: 4 | 5;
  topic: string;
  testRunId: string;
  workerId: string;
  username?: string;
  password?: string;
  /** To reach a broker that speaks TLS. */
  tls?: object;
  onTimeZero(epochMs: number): void;
}

/**
 * One control connection of a worker. Workers adopt the earliest time zero they see; one that knows an earlier time
 * publishes it again. Beside it each worker keeps its roster entry, so that all know how large the fleet is.
 * Messages are retained: a worker that starts late learns both at once. They are cleared at the end.
 */
export class Agreement {
  readonly #options: AgreementOptions;
  readonly #client: MqttClient;
  readonly #roster = new Map<string, RosterEntry>();
  readonly #topics: { timeZero: string; roster: string };
  #timeZeroMs: number;
  #own: RosterEntry;
  #dirty = true;
  readonly #publishTimer: NodeJS.Timeout;

  constructor(options: AgreementOptions, proposedMs: number, own: RosterEntry) {
    this.#options = options;
    this.#timeZeroMs = proposedMs;
    this.#own = own;
    const base = `${options.topic}/${options.testRunId}`;
    this.#topics = { timeZero: `${base}/time-zero`, roster: `${base}/roster` };
    const { username, password, tls } = options;
    this.#client = connect(options.url, {
      clientId: `artillery-${options.testRunId}-${options.workerId}`,
      protocolVersion: options.protocolVersion,
      clean: true,
      reconnectPeriod: 1000,
      connectTimeout: 10_000,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // MQTT.js hands only some of them on to its WebSocket.
      ...(tls === undefined ? {} : { ...tls, wsOptions: tls }),
    });
    this.#client.on("connect", () => {
      this.#client.subscribe([this.#topics.timeZero, `${this.#topics.roster}/+`], { qos: 1 });
      this.#dirty = true;
      this.#publishRoster();
      this.#publishTimeZero();
    });
    this.#client.on("message", (topic, payload) => this.#hear(topic, payload.toString()));
    // The broker under test may be down: that is what devices are there to find out. MQTT.js tries again.
    this.#client.on("error", () => {});
    this.#publishTimer = setInterval(() => this.#publishRoster(), 500);
    this.#publishTimer.unref();
  }

  /** This worker's devices so far; published at most twice a second. */
  setDevices(devices: number): void {
    if (devices === this.#own.devices) return;
    this.#own = { ...this.#own, devices };
    this.#dirty = true;
  }

  roster(): RosterEntry[] {
    this.#roster.set(this.#options.workerId, this.#own);
    return [...this.#roster.values()];
  }

  #publishTimeZero(): void {
    this.#publish(this.#topics.timeZero, JSON.stringify({ timeZeroMs: this.#timeZeroMs }));
  }

  #publishRoster(): void {
    if (!this.#dirty || !this.#client.connected) return;
    this.#dirty = false;
    this.#publish(`${this.#topics.roster}/${this.#options.workerId}`, JSON.stringify(this.#own));
  }

  #publish(topic: string, payload: string): void {
    this.#client.publish(topic, payload, { qos: 1, retain: true });
  }

  #hear(topic: string, payload: string): void {
    if (payload === "") return;
    if (topic === this.#topics.timeZero) {
      const heard = parse(timeZeroMessage, payload)?.timeZeroMs;
      if (heard === undefined || Math.abs(heard - this.#timeZeroMs) > MOST_APART_MS) return;
      if (heard < this.#timeZeroMs) {
        this.#timeZeroMs = heard;
        this.#options.onTimeZero(heard);
      } else if (heard > this.#timeZeroMs) {
        this.#publishTimeZero();
      }
      return;
    }
    const workerId = topic.slice(this.#topics.roster.length + 1);
    const entry = parse(rosterMessage, payload);
    if (entry !== null && workerId !== this.#options.workerId) this.#roster.set(workerId, entry);
  }

  /** Takes this worker's retained messages away and leaves; waits at most a second for it. */
  async end(): Promise<void> {
    clearInterval(this.#publishTimer);
    if (this.#client.connected) {
      const cleared = [this.#topics.timeZero, `${this.#topics.roster}/${this.#options.workerId}`].map(
        (topic) => this.#client.publishAsync(topic, "", { qos: 1, retain: true }),
      );
      const patience = new Promise((resolve) => setTimeout(resolve, 1000).unref());
      await Promise.race([Promise.allSettled(cleared), patience]);
    }
    this.#client.end(true);
  }
}

/** Workers of one run start within minutes of each other: a time that is further off is no worker's. */
const MOST_APART_MS = 3_600_000;

/** Anyone may write to a topic of the broker: what comes from there is checked. */
const timeZeroMessage = z.object({ timeZeroMs: z.number() });

const workerNumber = z.int().min(1).max(10_000);
const rosterMessage = z.object({
  container: z.string().max(128),
  worker: workerNumber,
  workers: workerNumber,
  devices: z.int().min(0).max(10_000_000),
});

function parse<T>(schema: z.ZodType<T>, payload: string): T | null {
  try {
    return schema.safeParse(JSON.parse(payload)).data ?? null;
  } catch {
    return null;
  }
}
