import mqttPacket, { type Packet, type Parser } from "mqtt-packet";

/** One TCP segment as it passed the loopback interface. */
export interface Segment {
  /** Seconds since the epoch. */
  atS: number;
  /** Numbers the connections. */
  stream: number;
  /** Says whether the device sent it, or the broker. */
  fromDevice: boolean;
  syn: boolean;
  payload: Buffer;
}

/** Service times in milliseconds, as the wire had them: from the last byte of a request to the last of its answer. */
export interface WireTimes {
  tcp: number[];
  connack: number[];
  subscribe: number[];
  configRequest: number[];
}

/** What one connection is waiting for, and since when. */
interface Connection {
  synAtS: number | null;
  connectAtS: number | null;
  subscribes: Map<number, number>;
  fromDevice: Parser;
  fromBroker: Parser;
}

/** Reads segments in the order of the capture. */
export class WireReader {
  readonly times: WireTimes = { tcp: [], connack: [], subscribe: [], configRequest: [] };
  readonly #connections = new Map<number, Connection>();
  /** The key is the topic that the answer comes to. */
  readonly #requests = new Map<string, number>();
  readonly #answerTopic: (requestTopic: string) => string | null;
  #nowS = 0;

  /** @param answerTopic where the answer to a request on this topic comes; null for what is no request */
  constructor(answerTopic: (requestTopic: string) => string | null) {
    this.#answerTopic = answerTopic;
  }

  read(segment: Segment): void {
    this.#nowS = segment.atS;
    const connection = this.#connectionOf(segment.stream);
    if (segment.syn) {
      if (segment.fromDevice) connection.synAtS ??= segment.atS;
      else this.#take(this.times.tcp, connection.synAtS);
      return;
    }
    (segment.fromDevice ? connection.fromDevice : connection.fromBroker).parse(segment.payload);
  }

  #connectionOf(stream: number): Connection {
    let connection = this.#connections.get(stream);
    if (connection === undefined) {
      const made: Connection = {
        synAtS: null,
        connectAtS: null,
        subscribes: new Map(),
        fromDevice: mqttPacket.parser(),
        fromBroker: mqttPacket.parser(),
      };
      made.fromDevice.on("packet", (packet) => this.#sent(made, packet));
      made.fromBroker.on("packet", (packet) => this.#received(made, packet));
      connection = made;
      this.#connections.set(stream, made);
    }
    return connection;
  }

  #sent(connection: Connection, packet: Packet): void {
    if (packet.cmd === "connect") connection.connectAtS = this.#nowS;
    if (packet.cmd === "subscribe") connection.subscribes.set(packet.messageId ?? 0, this.#nowS);
    if (packet.cmd !== "publish") return;
    const topic = this.#answerTopic(packet.topic);
    if (topic !== null) this.#requests.set(topic, this.#nowS);
  }

  #received(connection: Connection, packet: Packet): void {
    if (packet.cmd === "connack") this.#take(this.times.connack, connection.connectAtS);
    if (packet.cmd === "suback") {
      this.#take(this.times.subscribe, connection.subscribes.get(packet.messageId ?? 0) ?? null);
    }
    if (packet.cmd !== "publish") return;
    this.#take(this.times.configRequest, this.#requests.get(packet.topic) ?? null);
    this.#requests.delete(packet.topic);
  }

  #take(times: number[], sinceS: number | null): void {
    if (sinceS !== null) times.push((this.#nowS - sinceS) * 1000);
  }
}

/** The value at a percentile, nearest rank; null of none. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
}
