import mqttPacket, { type Packet } from "mqtt-packet";
import { decodeFrequent, encodeFrequent } from "./frequent-packets.ts";

export type ProtocolVersion = 4 | 5;

export interface Codec {
  encode(packet: Packet): Buffer;
  /**
   * Decodes one whole packet (see framing.ts). Returns null for bytes that are no valid packet.
   * Payloads and properties may point into `bytes`: use or copy them before the next read.
   */
  decode(bytes: Buffer): Packet | null;
}

/**
 * `mqtt-packet`, MQTT.js's codec, with one parser for all devices of the thread: framing.ts gives it whole packets only,
 * so it never holds a device's bytes between two calls. The plain packets of a reconnect do not reach it: frequent-packets.ts.
 */
export function createCodec(protocolVersion: ProtocolVersion): Codec {
  const options = { protocolVersion };
  let parser = newParser();
  let decoded: Packet | null = null;
  let failed = false;

  function newParser(): mqttPacket.Parser {
    const created = mqttPacket.parser(options);
    created.on("packet", (packet) => {
      decoded = packet;
    });
    created.on("error", () => {
      failed = true;
    });
    return created;
  }

  const isPlain = protocolVersion === 4;
  const pingreq = mqttPacket.generate({ cmd: "pingreq" }, options);
  const disconnect = mqttPacket.generate({ cmd: "disconnect", reasonCode: 0 }, options);
  return {
    encode(packet) {
      if (packet.cmd === "pingreq") return pingreq;
      if (packet.cmd === "disconnect" && !packet.reasonCode && packet.properties === undefined)
        return disconnect;
      return (isPlain ? encodeFrequent(packet) : null) ?? mqttPacket.generate(packet, options);
    },
    decode(bytes) {
      const frequent = isPlain ? decodeFrequent(bytes) : null;
      if (frequent !== null) return frequent;
      decoded = null;
      failed = false;
      let left = 0;
      try {
        left = parser.parse(bytes);
      } catch {
        // Some malformed bodies make the parser read past the end of its buffer.
        failed = true;
      }
      // A parser that has read a CONNECT goes on with that packet's version. Only clients send it: it is no valid packet here.
      if (failed || left !== 0 || decoded === null || isConnect(bytes)) {
        parser = newParser();
        return null;
      }
      return lacksId(decoded) ? null : decoded;
    },
  };
}

/** [MQTT-2.3.1-1]: ids are not 0. mqtt-packet takes such a packet, and would write its answer without an id. */
function lacksId(packet: Packet): boolean {
  switch (packet.cmd) {
    case "publish":
      return packet.qos > 0 && !isId(packet.messageId);
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
    case "suback":
    case "unsuback":
      return !isId(packet.messageId);
    default:
      return false;
  }
}

/** mqtt-packet's -1 is an id that the packet ended before. */
function isId(id: number | undefined): boolean {
  return id !== undefined && id > 0;
}

function isConnect(bytes: Buffer): boolean {
  return (bytes[0] as number) >> 4 === 1;
}
