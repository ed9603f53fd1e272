import type {
  IConnackPacket,
  IConnectPacket,
  IPingrespPacket,
  ISubackPacket,
  ISubscribePacket,
  Packet,
} from "mqtt-packet";

/**
 * The packets of every reconnect of MQTT 3.1.1, written and read here. The library takes 7 to 9 µs for each of them,
 * a tenth of a reconnect's processor time; these take a tenth of that (`npm run bench -- --filter codec`). Whatever is
 * not quite plain is left to the library: null. A property test holds both to the same bytes.
 */

/** Length of a packet whose remaining length takes one byte. MQTT 3.1.1 section 2.2.3. */
const LONGEST_BODY = 127;

/** Protocol name and level of 3.1.1, length before it. Sections 3.1.2.1 and 3.1.2.2. */
const PROTOCOL = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4]);
const CLEAN_SESSION = 0x02;

export function encodeFrequent(packet: Packet): Buffer | null {
  if (packet.cmd === "connect") return encodeConnect(packet);
  if (packet.cmd === "subscribe") return encodeSubscribe(packet);
  return null;
}

/** CONNECT without will, user name and password. Section 3.1. */
function encodeConnect(packet: IConnectPacket): Buffer | null {
  const { clientId, clean, keepalive, protocolVersion } = packet;
  if (protocolVersion !== 4 || packet.protocolId !== "MQTT") return null;
  if (packet.will !== undefined || packet.username !== undefined || packet.password !== undefined)
    return null;
  if (clientId === "" || keepalive === undefined || keepalive < 0 || keepalive > 0xffff) return null;
  const idBytes = Buffer.byteLength(clientId);
  const body = PROTOCOL.length + 3 + 2 + idBytes;
  if (body > LONGEST_BODY) return null;
  const bytes = Buffer.allocUnsafe(2 + body);
  bytes[0] = 0x10;
  bytes[1] = body;
  bytes.set(PROTOCOL, 2);
  bytes[9] = clean ? CLEAN_SESSION : 0;
  bytes[10] = keepalive >> 8;
  bytes[11] = keepalive & 0xff;
  bytes[12] = 0;
  bytes[13] = idBytes;
  bytes.write(clientId, 14);
  return bytes;
}

/** SUBSCRIBE. Section 3.8. */
function encodeSubscribe(packet: ISubscribePacket): Buffer | null {
  const { messageId, subscriptions } = packet;
  if (messageId === undefined || messageId < 1 || messageId > 0xffff || subscriptions.length === 0)
    return null;
  let body = 2;
  for (const { topic } of subscriptions) {
    if (topic === "") return null;
    body += 3 + Buffer.byteLength(topic);
  }
  if (body > LONGEST_BODY) return null;
  const bytes = Buffer.allocUnsafe(2 + body);
  bytes[0] = 0x82;
  bytes[1] = body;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId & 0xff;
  let at = 4;
  for (const { topic, qos } of subscriptions) {
    const length = bytes.write(topic, at + 2);
    bytes[at] = 0;
    bytes[at + 1] = length;
    at += 2 + length;
    bytes[at++] = qos;
  }
  return bytes;
}

/** CONNACK, SUBACK of one filter, PINGRESP: sections 3.2, 3.9 and 3.13. */
export function decodeFrequent(bytes: Buffer): Packet | null {
  const length = bytes.length;
  switch (bytes[0]) {
    case 0x20: {
      if (length !== 4 || bytes[1] !== 2 || (bytes[2] as number) > 1) return null;
      const packet: IConnackPacket = {
        cmd: "connack",
        sessionPresent: bytes[2] === 1,
        returnCode: bytes[3] as number,
      };
      return packet;
    }
    case 0x90: {
      if (length !== 5 || bytes[1] !== 3 || !isGranted(bytes[4] as number)) return null;
      const messageId = ((bytes[2] as number) << 8) | (bytes[3] as number);
      if (messageId === 0) return null;
      const packet: ISubackPacket = { cmd: "suback", messageId, granted: [bytes[4] as number] };
      return packet;
    }
    case 0xd0: {
      if (length !== 2 || bytes[1] !== 0) return null;
      const packet: IPingrespPacket = { cmd: "pingresp" };
      return packet;
    }
    default:
      return null;
  }
}

/** The granted QoS, or failure. [MQTT-3.9.3-2] */
function isGranted(code: number): boolean {
  return code <= 2 || code === 0x80;
}
