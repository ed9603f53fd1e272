import fc from "fast-check";
import mqttPacket, { type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { decodeFrequent, encodeFrequent } from "../../../engine/src/transport/frequent-packets.ts";

const VERSION = { protocolVersion: 4 } as const;
const library = (packet: Packet): Buffer => mqttPacket.generate(packet, VERSION);

function libraryDecodes(bytes: Buffer): Packet | null {
  const parser = mqttPacket.parser(VERSION);
  let found: Packet | null = null;
  parser.on("packet", (packet) => {
    found = packet;
  });
  parser.on("error", () => {});
  parser.parse(bytes);
  return found;
}

describe("what is written", () => {
  const text = fc
    .string({ unit: "binary", minLength: 1, maxLength: 70 })
    .filter((value) => !/\p{Surrogate}/u.test(value));

  it("is the library's, byte for byte, or left to it (property)", () => {
    const connect = fc.record({
      cmd: fc.constant("connect" as const),
      protocolId: fc.constant("MQTT" as const),
      protocolVersion: fc.constant(4 as const),
      clean: fc.boolean(),
      clientId: text,
      keepalive: fc.nat(65_535),
    });
    const subscribe = fc.record({
      cmd: fc.constant("subscribe" as const),
      messageId: fc.integer({ min: 1, max: 65_535 }),
      subscriptions: fc.array(fc.record({ topic: text, qos: fc.constantFrom(0, 1, 2) }), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.oneof(connect, subscribe) as fc.Arbitrary<Packet>, (packet) => {
        const written = encodeFrequent(packet);
        const expected = library(packet);
        if (written === null) expect(expected.length).toBeGreaterThan(129);
        else expect(written.equals(expected)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Packet]>([
    [
      "a user name",
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: "a",
        keepalive: 1,
        username: "u",
      },
    ],
    [
      "a will",
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: "a",
        keepalive: 1,
        will: { topic: "t", payload: Buffer.from("p"), qos: 0, retain: false },
      },
    ],
    [
      "an empty client id",
      { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId: "", keepalive: 1 },
    ],
    [
      "MQTT 5",
      { cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clean: true, clientId: "a", keepalive: 1 },
    ],
    ["another packet", { cmd: "pingreq" }],
  ])("leaves %s to the library", (_, packet) => {
    expect(encodeFrequent(packet)).toBeNull();
  });
});

describe("what is read", () => {
  it("is what the library reads, or left to it (property)", () => {
    const first = fc.constantFrom(0x20, 0x90, 0xd0, 0x40, 0x30, 0x21);
    const bytes = fc
      .tuple(first, fc.uint8Array({ maxLength: 4 }))
      .map(([type, body]) => Buffer.from([type, body.length, ...body]));
    let read = 0;
    fc.assert(
      fc.property(bytes, (packet) => {
        const found = decodeFrequent(packet);
        if (found === null) return;
        read++;
        expect(libraryDecodes(packet)).toMatchObject(found);
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(10);
  });

  it.each([
    ["CONNACK", [0x20, 2, 1, 5], { cmd: "connack", sessionPresent: true, returnCode: 5 }],
    ["SUBACK", [0x90, 3, 1, 2, 0x80], { cmd: "suback", messageId: 258, granted: [0x80] }],
    ["PINGRESP", [0xd0, 0], { cmd: "pingresp" }],
  ])("%s", (_, bytes, packet) => {
    expect(decodeFrequent(Buffer.from(bytes))).toEqual(packet);
  });

  it.each([
    ["a CONNACK with reserved bits", [0x20, 2, 2, 0]],
    ["a SUBACK without an id", [0x90, 3, 0, 0, 0]],
    ["a SUBACK with a QoS that is none", [0x90, 3, 0, 1, 3]],
    ["a PINGRESP with a body", [0xd0, 1, 0]],
  ])("leaves %s to the library", (_, bytes) => {
    expect(decodeFrequent(Buffer.from(bytes))).toBeNull();
  });
});
