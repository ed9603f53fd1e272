import fc from "fast-check";
import mqttPacket, { type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { createCodec, type ProtocolVersion } from "../../../engine/src/transport/codec.ts";
import { packetLength, splitPackets } from "../../../engine/src/transport/framing.ts";

const LIMIT = 100_000;

/** What a broker sends. Payload lengths stand on both sides of the places where the length field grows by a byte. */
const messageId = fc.integer({ min: 1, max: 65_535 });
const publish = fc
  .record({
    topic: fc.string({ unit: fc.constantFrom("a", "é", "/", "z"), minLength: 1, maxLength: 8 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 110, max: 135 }).map((length) => Buffer.alloc(length, 0xe2)),
      fc.constantFrom(16_370, 16_390).map((length) => Buffer.alloc(length, 0x20)),
    ),
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId,
  })
  .map(({ messageId: id, qos, dup, ...rest }): Packet => {
    const packet = { cmd: "publish" as const, ...rest };
    return qos === 0 ? { ...packet, qos, dup: false } : { ...packet, qos: qos as 1 | 2, dup, messageId: id };
  });
const packetArbitrary: fc.Arbitrary<Packet> = fc.oneof<fc.MaybeWeightedArbitrary<Packet>[]>(
  { weight: 3, arbitrary: publish },
  fc.record({
    cmd: fc.constant("connack" as const),
    sessionPresent: fc.boolean(),
    returnCode: fc.constantFrom(0, 5),
    reasonCode: fc.constantFrom(0, 135),
  }),
  fc.record({
    cmd: fc.constant("suback" as const),
    messageId,
    granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ cmd: fc.constant("unsuback" as const), messageId, granted: fc.constant<number[]>([0]) }),
  fc.record({ cmd: fc.constantFrom("puback" as const, "pubrec", "pubrel", "pubcomp"), messageId }),
  fc.constant<Packet>({ cmd: "pingresp" }),
);

/** Cuts `bytes` at `cuts` and reads the pieces as a device does, from a buffer that is overwritten after every read. */
function readInPieces(bytes: Buffer, cuts: readonly number[], version: ProtocolVersion): unknown[] {
  const codec = createCodec(version);
  const decoded: unknown[] = [];
  let partial: Buffer | null = null;
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 0; i + 1 < places.length; i++) {
    const shared = Buffer.from(bytes.subarray(places[i], places[i + 1]));
    const rest: Buffer | string | null = splitPackets(partial, shared, LIMIT, (packet) => {
      decoded.push(plain(codec.decode(packet)));
      return true;
    });
    if (typeof rest === "string") throw new Error(rest);
    partial = rest;
    shared.fill(0xff);
  }
  expect(partial).toBeNull();
  return decoded;
}

/** Of packets without topic, payload and flags the library sets these too; frequent-packets.ts does not. */
const MEANINGLESS = ["retain", "qos", "dup", "length", "topic", "payload"];

/** A copy with no reference into a read buffer. */
function plain(packet: Packet | null): unknown {
  const copy = JSON.parse(JSON.stringify(packet)) as Record<string, unknown> | null;
  if (copy !== null && copy["cmd"] !== "publish") for (const key of MEANINGLESS) delete copy[key];
  return copy;
}

/** What the codec's own parser makes of all packets at once. */
function readAtOnce(packets: readonly Packet[], version: ProtocolVersion): unknown[] {
  return packets.map((packet) => {
    const parser = mqttPacket.parser({ protocolVersion: version });
    let decoded: unknown = null;
    parser.on("packet", (one) => {
      decoded = plain(one);
    });
    parser.parse(mqttPacket.generate(packet, { protocolVersion: version }));
    return decoded;
  });
}

const encodeAll = (packets: readonly Packet[], version: ProtocolVersion): Buffer =>
  Buffer.concat(packets.map((packet) => mqttPacket.generate(packet, { protocolVersion: version })));

describe.each([4, 5] as const)("a stream of version %i packets", (version) => {
  it("decodes to the same packets, wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(packetArbitrary, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(1_000_000), { maxLength: 20 }),
        (packets, cuts) => {
          const expected = readAtOnce(packets, version);
          expect(expected).not.toContain(null);
          expect(expected.map((packet) => (packet as Packet).cmd)).toEqual(packets.map(({ cmd }) => cmd));
          expect(readInPieces(encodeAll(packets, version), cuts, version)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("decodes to the same packets, cut once at every byte, and at all of them", () => {
    const packets: Packet[] = [
      { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true },
      {
        cmd: "publish",
        topic: "é/b",
        payload: Buffer.alloc(130, 7),
        qos: 2,
        dup: false,
        retain: true,
        messageId: 300,
      },
      { cmd: "suback", messageId: 1, granted: [0, 128] },
      { cmd: "pingresp" },
      { cmd: "publish", topic: "a", payload: Buffer.from("x"), qos: 0, dup: false, retain: false },
    ];
    const bytes = encodeAll(packets, version);
    const expected = readAtOnce(packets, version);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readInPieces(bytes, [cut], version)).toEqual(expected);
    }
    expect(readInPieces(bytes, [...bytes.keys()], version)).toEqual(expected);
  });
});

describe("packetLength", () => {
  it.each([
    [[], null],
    [[0xd0], null],
    [[0xd0, 0x00], 2],
    [[0x30, 0x7f], 129],
    [[0x30, 0x80], null],
    [[0x30, 0x80, 0x01], 131],
    [[0x30, 0xff, 0x7f], 16_386],
    [[0x30, 0x80, 0x80, 0x01], 16_388],
    [[0x30, 0xff, 0xff, 0xff], null],
    [[0x30, 0xff, 0xff, 0xff, 0x7f], 268_435_460],
    [[0x30, 0xff, 0xff, 0xff, 0xff], "malformed_length"],
    [[0x30, 0x80, 0x80, 0x80, 0x80, 0x01], "malformed_length"],
  ])("%j: %s", (bytes, length) => {
    expect(packetLength(Uint8Array.from(bytes), 0, bytes.length)).toBe(length);
    // The same behind three other bytes, and with more bytes after the end.
    expect(packetLength(Uint8Array.from([0, 0, 0, ...bytes, 0x01]), 3, bytes.length + 3)).toBe(length);
  });
});

describe("splitPackets", () => {
  const PINGRESP = [0xd0, 0x00];

  function split(
    partial: number[] | null,
    chunk: number[],
    limit = LIMIT,
    stopAfter = Number.POSITIVE_INFINITY,
  ) {
    const packets: number[][] = [];
    const rest = splitPackets(partial && Buffer.from(partial), Buffer.from(chunk), limit, (packet) => {
      packets.push([...packet]);
      return packets.length < stopAfter;
    });
    return { packets, rest: Buffer.isBuffer(rest) ? [...rest] : rest };
  }

  it("hands out whole packets before a malformed length", () => {
    expect(split(null, [...PINGRESP, 0x30, 0xff, 0xff, 0xff, 0xff, 0x7f])).toEqual({
      packets: [PINGRESP],
      rest: "malformed_length",
    });
  });

  it("finds a malformed length whose bytes come in two reads", () => {
    expect(split([0x30, 0xff, 0xff], [0xff])).toEqual({ packets: [], rest: [0x30, 0xff, 0xff, 0xff] });
    expect(split([0x30, 0xff, 0xff, 0xff], [0xff])).toEqual({ packets: [], rest: "malformed_length" });
  });

  it("refuses a packet that is too large as soon as its length is known", () => {
    expect(split(null, [...PINGRESP, 0x30, 0x63], 100)).toEqual({
      packets: [PINGRESP],
      rest: "packet_too_large",
    });
    expect(split(null, [0x30, 0x62], 100)).toEqual({ packets: [], rest: [0x30, 0x62] });
    expect(split([0x30, 0x80], [0x01], 130)).toEqual({ packets: [], rest: "packet_too_large" });
  });

  it("stops where it is told to, whatever follows", () => {
    expect(split(null, [...PINGRESP, ...PINGRESP, 0x30, 0xff, 0xff, 0xff, 0xff], LIMIT, 1)).toEqual({
      packets: [PINGRESP],
      rest: null,
    });
  });

  it("keeps a copy of what is left over, not a view of the shared buffer", () => {
    const shared = Buffer.from([...PINGRESP, 0x30, 0x05, 0x00]);
    const first = splitPackets(null, shared, LIMIT, () => true) as Buffer;
    const second = splitPackets(first, shared.subarray(4), LIMIT, () => true) as Buffer;
    shared.fill(0xff);
    expect([...first]).toEqual([0x30, 0x05, 0x00]);
    expect([...second]).toEqual([0x30, 0x05, 0x00, 0x00]);
  });

  it("never throws and never keeps more than a packet may hold, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
        fc.integer({ min: 5, max: 60 }),
        (chunks, limit) => {
          let partial: Buffer | null = null;
          for (const chunk of chunks) {
            const rest: unknown = splitPackets(
              partial,
              Buffer.from(chunk),
              limit,
              (packet) => packet.length <= limit,
            );
            if (typeof rest === "string") return;
            partial = rest as Buffer | null;
            expect(partial?.length ?? 0).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
