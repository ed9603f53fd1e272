import { randomUUID } from "node:crypto";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { limitPackets } from "../transport/mqttjs-limit.ts";
import { MAX_ENTRY_BYTES, type Member, type OpenPlace, type Place, type PlaceListener } from "./place.ts";

export interface BrokerOptions {
  url: string;
  protocolVersion: 4 | 5;
  topic: string;
  username?: string;
  password?: string;
  /** Options to reach a broker that speaks TLS. */
  tls?: object;
}

/** Workers meet at the broker under test: each keeps a retained message on `<topic>/<testRunId>/<room>/<name>`. */
export function atBroker(options: BrokerOptions): OpenPlace {
  return (member, listener) => new BrokerPlace(options, member, listener);
}

/**
 * One control connection of a worker. Its message is cleared at the end, and by the broker, as the will of this connection, when
 * the process is killed.
 */
class BrokerPlace implements Place {
  /** A broker tells nobody what time it has. */
  readonly clock = null;
  readonly #clockRoom: string;
  readonly #client: MqttClient;
  readonly #topic: string;
  readonly #ownTopic: string;
  readonly #room: string;
  readonly #listener: PlaceListener;
  #entry: object | null = null;

  constructor(options: BrokerOptions, { testRunId, room, name }: Member, listener: PlaceListener) {
    const { topic, username, password, tls } = options;
    this.#topic = topic;
    this.#room = room;
    this.#listener = listener;
    const ownRoom = `${topic}/${testRunId}/${room}`;
    this.#ownTopic = `${ownRoom}/${name}`;
    this.#clockRoom = `${topic}/${testRunId}/clock`;
    const ownClock = `${this.#clockRoom}/${name}`;
    this.#client = connect(options.url, {
      clientId: `artillery-${testRunId}-${name}-${randomUUID().slice(0, 8)}`,
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
    limitPackets(this.#client, MAX_ENTRY_BYTES);
    this.#client.on("connect", () => {
      this.#client.subscribe(`${ownRoom}/+`, { qos: 1 });
      // It asks who else uses the same device ids. A broker that does not allow it answers so, and that is all.
      if (room === "roster") this.#client.subscribe([`${topic}/+/roster/+`, ownClock], { qos: 0 }, () => {});
      this.#publish();
    });
    this.#client.on("message", (from, payload, packet) => {
      if (from === ownClock) listener.told(payload.toString());
      else this.#hear(from, payload, packet);
    });
    // The broker under test may be down: that is what devices are there to find out. MQTT.js tries again.
    this.#client.on("error", () => {});
  }

  readonly tell = (name: string, message: string): void => {
    if (this.#client.connected) this.#client.publish(`${this.#clockRoom}/${name}`, message, { qos: 0 });
  };

  put(entry: object): void {
    this.#entry = entry;
    this.#publish();
  }

  #publish(): void {
    if (!this.#client.connected || this.#entry === null) return;
    this.#client.publish(this.#ownTopic, JSON.stringify(this.#entry), { qos: 1, retain: true });
  }

  #hear(topic: string, payload: Buffer, { retain }: IPublishPacket): void {
    const [testRunId, room, name] = topic.slice(this.#topic.length + 1).split("/");
    if (testRunId === undefined || room !== this.#room || name === undefined) return;
    const entry = payload.length === 0 ? null : parse(payload);
    // What is retained may have been left behind by a run that is over.
    if (entry !== undefined) this.#listener.heard({ testRunId, name, entry, isLive: !retain });
  }

  async end(): Promise<void> {
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

/** Undefined for what is no JSON. */
function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
