import fc from "fast-check";
import mqttPacket, { type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { createCodec } from "../../../engine/src/transport/codec.ts";
import { splitPackets } from "../../../engine/src/transport/framing.ts";

const PUBLISH: Packet = {
  cmd: "publish",
  topic: "a/b",
  payload: "text",
  qos: 1,
  messageId: 7,
  dup: false,
  retain: false,
};

/** The bytes of a packet whose length field is right, whatever its body. */
function framed(first: number, body: Uint8Array): Buffer {
  expect(body.length).toBeLessThan(128);
  return Buffer.from([first, body.length, ...body]);
}

describe.each([4, 5] as const)("version %i", (version) => {
  const encode = (packet: Packet): Buffer => mqttPacket.generate(packet, { protocolVersion: version });

  it("decodes what it encodes", () => {
    const codec = createCodec(version);
    expect(codec.decode(codec.encode(PUBLISH))).toMatchObject({ ...PUBLISH, payload: Buffer.from("text") });
  });

  it("prepares PINGREQ and DISCONNECT", () => {
    const codec = createCodec(version);
    expect([...codec.encode({ cmd: "pingreq" })]).toEqual([0xc0, 0x00]);
    const disconnect = codec.encode({ cmd: "disconnect", reasonCode: 0 });
    expect([...disconnect].slice(0, 1)).toEqual([0xe0]);
    expect(disconnect.length).toBe((disconnect[1] as number) + 2);
  });

  it("never throws on a body of random bytes, and decodes the next valid packet", () => {
    const codec = createCodec(version);
    const valid = encode(PUBLISH);
    let refused = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }), (first, body) => {
        if (codec.decode(framed(first, body)) === null) refused++;
        expect(codec.decode(valid)).toMatchObject({
          cmd: "publish",
          topic: "a/b",
          payload: Buffer.from("text"),
        });
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it("never throws on a valid packet with one byte changed, and decodes the next valid packet", () => {
    const codec = createCodec(version);
    const packets = [
      encode(PUBLISH),
      encode({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false }),
      encode({ cmd: "suback", messageId: 1, granted: [0, 1] }),
      encode({
        cmd: "connect",
        clientId: "someone",
        protocolId: "MQTT",
        protocolVersion: version === 4 ? 5 : 4,
        clean: true,
        keepalive: 1,
      }),
    ];
    let decodedSomething = 0;
    for (const packet of packets) {
      for (let at = 0; at < packet.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = Buffer.from(packet);
          changed[at] = (changed[at] as number) ^ (1 << bit);
          splitPackets(null, changed, 1000, (one) => {
            if (codec.decode(one) !== null) decodedSomething++;
            return true;
          });
          expect(codec.decode(packets[0] as Buffer)).toMatchObject({
            cmd: "publish",
            topic: "a/b",
            messageId: 7,
          });
        }
      }
    }
    expect(decodedSomething).toBeGreaterThan(0);
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["half a packet", Buffer.from([0x30, 0x05, 0x00])],
    ["a reserved type", Buffer.from([0x00, 0x00])],
    ["QoS 3", Buffer.from([0x36, 0x03, 0x00, 0x01, 0x61])],
    ["PUBLISH without a topic", Buffer.from([0x30, 0x01, 0x00])],
  ])("gives null for %s, and then decodes a whole packet", (_what, bytes) => {
    const codec = createCodec(version);
    expect(codec.decode(bytes)).toBeNull();
    expect(codec.decode(Buffer.from([0xd0, 0x00]))).toMatchObject({ cmd: "pingresp" });
  });

  it("is not turned to another version by a CONNECT, which only clients send", () => {
    const codec = createCodec(version);
    const other = version === 4 ? 5 : 4;
    const connect: Packet = {
      cmd: "connect",
      clientId: "x",
      protocolId: "MQTT",
      protocolVersion: other,
      clean: true,
      keepalive: 1,
    };
    expect(codec.decode(mqttPacket.generate(connect, { protocolVersion: other }))).toBeNull();
    expect(codec.decode(encode(PUBLISH))).toMatchObject({ topic: "a/b", payload: Buffer.from("text") });
  });
});

it("reads the return code 1 of a broker that speaks only 3.1.1, where version 5 is expected", () => {
  expect(createCodec(5).decode(Buffer.from([0x20, 0x02, 0x00, 0x01]))).toMatchObject({
    cmd: "connack",
    reasonCode: 1,
  });
});

describe("packet ids", () => {
  // [MQTT-2.3.1-1]; found by fuzzing: an answer to such a packet went out without an id, and the stream was lost.
  it.each([
    ["PUBLISH of QoS 1 with id 0", [0x32, 5, 0, 1, 0x61, 0, 0]],
    ["PUBREC with id 0", [0x50, 2, 0, 0]],
    ["PUBREL with id 0", [0x62, 2, 0, 0]],
    ["PUBREL that ends before its id", [0x62, 0]],
    ["PUBREL that ends inside its id", [0x62, 1, 0]],
    ["PUBACK with id 0", [0x40, 2, 0, 0]],
    ["SUBACK with id 0", [0x90, 3, 0, 0, 0]],
  ])("%s is no valid packet", (_what, bytes) => {
    for (const version of [4, 5] as const) {
      expect(createCodec(version).decode(Buffer.from(bytes))).toBe(null);
    }
  });
});
