import mqttPacket, { type Packet, type Parser } from "mqtt-packet";
import { matchesFilter } from "../../engine/src/device/topic.ts";
import { ServiceQueue } from "../../engine/src/lab/service-queue.ts";
import type { OpenTransport, Transport, TransportListener } from "../../engine/src/transport/transport.ts";

/** What a broker does with a client that knocks. */
export type TcpRule = "accept" | "refuse" | "drop";
/** What it does with a CONNECT: a number is the return code of a refusal. */
export type ConnectRule = "accept" | "silence" | "close" | number;

export interface Rules {
  tcp?: () => TcpRule;
  connect?: (clientId: string) => ConnectRule;
  /** Throws a client out so long after its CONNACK; null keeps it. */
  throwsOutAfterMs?: () => number | null;
  /** Config requests that are answered per second, from one queue; 0 for none. */
  answersPerS?: number;
}

/** One way of the network. */
const LATENCY_MS = 1;
const TICK_MS = 10;

/**
 * A broker and its back end in memory that obey rules and know what they did: the truth that a run's report is held
 * against. Requests on `config/ID/get/REQUEST` are answered on `config/ID/REQUEST`, those on `config/ID/get` on `config/ID`. Time is that of the timers in use.
 */
export class SimulatedBroker {
  rules: Rules;
  readonly open: OpenTransport;
  readonly #version: 4 | 5;
  readonly #now: () => number;
  readonly #connections = new Map<string, Connection>();
  readonly #queue: ServiceQueue<{ clientId: string; topic: string; askedMs: number }> | null;
  /** Client ids in the order in which they were accepted. */
  readonly accepted: string[] = [];
  readonly refused: string[] = [];
  /** Requests that came, by the client that asked. */
  readonly asked: string[] = [];
  /** How old each request was, in milliseconds, when its answer went out to a client that was there. */
  readonly answerAgesMs: number[] = [];

  constructor(rules: Rules, now: () => number, version: 4 | 5 = 4) {
    this.rules = rules;
    this.#now = now;
    this.#version = version;
    const { answersPerS = 1000 } = rules;
    this.#queue =
      answersPerS === 0 ? null : new ServiceQueue({ capacity: answersPerS, limit: Number.POSITIVE_INFINITY });
    this.open = (listener) => this.#dial(listener);
    setInterval(() => this.#serve(), TICK_MS);
  }

  /** Clients that are connected and have done what they do after a CONNACK, as far as a broker can know. */
  get atWork(): string[] {
    return [...this.#connections].filter(([, { isAtWork }]) => isAtWork).map(([id]) => id);
  }

  get online(): string[] {
    return [...this.#connections.keys()];
  }

  /** The broker's process is killed: every connection ends. */
  kill(): void {
    for (const connection of [...this.#connections.values()]) connection.end();
  }

  #dial(listener: TransportListener): Transport {
    const rule = this.rules.tcp?.() ?? "accept";
    const connection = new Connection(listener, this.#version, (packet) => this.#hear(connection, packet));
    connection.onGone = () => {
      if (this.#connections.get(connection.clientId) === connection)
        this.#connections.delete(connection.clientId);
    };
    if (rule === "accept") later(() => connection.opened());
    if (rule === "refuse") later(() => connection.end("tcp_refused"));
    return connection;
  }

  #hear(connection: Connection, packet: Packet): void {
    switch (packet.cmd) {
      case "connect": {
        const rule = this.rules.connect?.(packet.clientId) ?? "accept";
        if (rule === "silence") return;
        if (rule === "close") {
          connection.end();
          return;
        }
        if (rule !== "accept") {
          this.refused.push(packet.clientId);
          connection.send({ cmd: "connack", returnCode: rule, reasonCode: rule, sessionPresent: false });
          connection.end();
          return;
        }
        connection.clientId = packet.clientId;
        this.#connections.get(packet.clientId)?.end();
        this.#connections.set(packet.clientId, connection);
        this.accepted.push(packet.clientId);
        connection.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
        const afterMs = this.rules.throwsOutAfterMs?.() ?? null;
        if (afterMs !== null) setTimeout(() => connection.end(), afterMs);
        return;
      }
      case "subscribe": {
        const { subscriptions, messageId } = packet;
        connection.filters.push(...subscriptions.map(({ topic }) => topic));
        connection.send({
          cmd: "suback",
          messageId: messageId ?? 0,
          granted: subscriptions.map(({ qos }) => qos),
        });
        connection.isAtWork ||= subscriptions.some(({ topic }) => topic.startsWith("commands/"));
        return;
      }
      case "publish": {
        const [, clientId = "", , request] = packet.topic.split("/");
        const topic = request === undefined ? `config/${clientId}` : `config/${clientId}/${request}`;
        const askedMs = this.#now();
        this.asked.push(clientId);
        this.#queue?.offer({ clientId, topic, askedMs }, askedMs);
        return;
      }
      case "disconnect":
        connection.end();
        return;
      case "pingreq":
        connection.send({ cmd: "pingresp" });
    }
  }

  #serve(): void {
    for (const { clientId, topic, askedMs } of this.#queue?.take(this.#now()) ?? []) {
      const connection = this.#connections.get(clientId);
      if (connection === undefined || !connection.filters.some((filter) => matchesFilter(filter, topic)))
        continue;
      this.answerAgesMs.push(this.#now() - askedMs);
      connection.send({ cmd: "publish", topic, payload: "{}", qos: 0, dup: false, retain: false });
    }
  }
}

/** The broker's end of one connection. */
class Connection implements Transport {
  readonly unsentBytes = 0;
  clientId = "";
  filters: string[] = [];
  /** It has subscribed to its commands, the last thing that devices do. */
  isAtWork = false;
  onGone: () => void = () => {};
  readonly #listener: TransportListener;
  readonly #version: 4 | 5;
  readonly #parser: Parser;
  #isOver = false;

  constructor(listener: TransportListener, version: 4 | 5, hear: (packet: Packet) => void) {
    this.#listener = listener;
    this.#version = version;
    this.#parser = mqttPacket.parser({ protocolVersion: version });
    this.#parser.on("packet", hear);
  }

  opened(): void {
    if (!this.#isOver) this.#listener.onOpen();
  }

  send(packet: Packet): void {
    const bytes = mqttPacket.generate(packet, { protocolVersion: this.#version });
    later(() => {
      if (!this.#isOver) this.#listener.onBytes(bytes);
    });
  }

  /** By the broker; what it has sent before still arrives. */
  end(failure: "tcp_refused" | null = null): void {
    this.onGone();
    later(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#listener.onClosed(failure);
    });
  }

  write(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    later(() => {
      if (!this.#isOver) this.#parser.parse(copy);
    });
  }

  close(): void {
    this.#leave();
  }

  reset(): void {
    this.#leave();
  }

  #leave(): void {
    this.#isOver = true;
    later(() => this.onGone());
  }
}

function later(act: () => void): void {
  setTimeout(act, LATENCY_MS);
}
