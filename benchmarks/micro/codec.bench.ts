import mqttPacket, { type Packet } from "mqtt-packet";
import { createCodec } from "../../engine/src/transport/codec.ts";
import { splitPackets } from "../../engine/src/transport/framing.ts";
import { type Case, each, type Scale, type Table } from "./suite.ts";

const VERSION = { protocolVersion: 4 } as const;
const MAX_PACKET_BYTES = 1 << 20;

const SENT: Readonly<Record<string, Packet>> = {
  CONNECT: {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "device-000007",
    keepalive: 60,
  },
  "CONNECT with user name": {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "device-000007",
    keepalive: 60,
    username: "device-000007",
    password: Buffer.from("secret"),
  },
  SUBSCRIBE: { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "config/device-000007", qos: 1 }] },
  PUBLISH: {
    cmd: "publish",
    topic: "config/device-000007/get",
    payload: '{"requestId":"1"}',
    qos: 0,
    dup: false,
    retain: false,
  },
};

const HEARD: Readonly<Record<string, Packet>> = {
  CONNACK: { cmd: "connack", returnCode: 0, sessionPresent: false },
  SUBACK: { cmd: "suback", messageId: 1, granted: [1] },
  PUBLISH: {
    cmd: "publish",
    topic: "config/device-000007",
    payload: '{"requestId":"1","topics":["a/1","a/2"]}',
    qos: 0,
    dup: false,
    retain: false,
  },
};

/** Bytes as they come in: whole, or cut in two within the packet. */
type Chunks = readonly Buffer[];

/** The engine's way: framing keeps a partial packet, one parser serves all devices. */
function engine(chunks: Chunks, batch: number): Case {
  const codec = createCodec(4);
  let decoded = 0;
  const onPacket = (packet: Buffer): boolean => {
    if (codec.decode(packet) !== null) decoded++;
    return true;
  };
  return each("engine: framing and one shared parser", batch, () => {
    let partial: Buffer | null = null;
    for (const chunk of chunks) {
      const rest: Buffer | string | null = splitPackets(partial, chunk, MAX_PACKET_BYTES, onPacket);
      if (typeof rest === "string") throw new Error(rest);
      partial = rest;
    }
    return decoded;
  });
}

/** MQTT.js's way: a parser per client, which takes the bytes as they come. */
function parserPerClient(chunks: Chunks, batch: number): Case {
  const parser = mqttPacket.parser(VERSION);
  let decoded = 0;
  parser.on("packet", () => decoded++);
  return each("mqtt-packet: a parser per client, as MQTT.js", batch, () => {
    for (const chunk of chunks) parser.parse(chunk);
    return decoded;
  });
}

export function tables(scale: Scale): Table[] {
  // A packet costs microseconds: samples shorter than a scheduler's slice are rarely interrupted by another process.
  const batch = Math.ceil(scale.batch / 5);
  const codec = createCodec(4);
  const encode = Object.entries(SENT).map(([name, packet]) => ({
    title: `encode ${name}`,
    operation: "packet",
    cases: [
      each("engine: codec.encode", batch, () => codec.encode(packet).length),
      each("mqtt-packet: generate, as MQTT.js", batch, () => mqttPacket.generate(packet, VERSION).length),
    ],
  }));
  const decode = Object.entries(HEARD).flatMap(([name, packet]) => {
    const whole = mqttPacket.generate(packet, VERSION);
    const half = whole.length >> 1;
    const ways: Readonly<Record<string, Chunks>> = {
      whole: [whole],
      split: [whole.subarray(0, half), whole.subarray(half)],
    };
    return Object.entries(ways).map(([way, chunks]) => ({
      title: `decode ${name}, ${way}`,
      operation: "packet",
      cases: [engine(chunks, batch), parserPerClient(chunks, batch)],
    }));
  });
  return [...encode, ...decode];
}
