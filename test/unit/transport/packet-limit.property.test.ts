import fc from "fast-check";
import mqttPacket from "mqtt-packet";
import { expect, it } from "vitest";
import { PacketLimit } from "../../../engine/src/transport/packet-limit.ts";

const publish = (bytes: number): Buffer =>
  mqttPacket.generate({
    cmd: "publish",
    topic: "t",
    payload: Buffer.alloc(bytes),
    qos: 0,
    dup: false,
    retain: false,
  });
const PING = mqttPacket.generate({ cmd: "pingresp" });

/** The stream in chunks that end wherever chance has it. */
function* chunks(stream: Buffer, cuts: readonly number[]): Generator<Buffer> {
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1))), stream.length].sort(
    (a, b) => a - b,
  );
  let from = 0;
  for (const end of ends) {
    yield stream.subarray(from, end);
    from = end;
  }
}

it("accepts a stream exactly as long as no packet in it is longer than allowed, wherever it is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 300 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.integer({ min: 2, max: 320 }),
      (sizes, cuts, maxBytes) => {
        const packets = sizes.map((size) => (size < 0 ? PING : publish(size)));
        const limit = new PacketLimit(maxBytes);
        const accepted = [...chunks(Buffer.concat(packets), cuts)].every((chunk) => limit.accepts(chunk));
        expect(accepted).toBe(packets.every(({ length }) => length <= maxBytes));
      },
    ),
    { numRuns: 500 },
  );
});

it("says so at the header, before any of the packet has come", () => {
  const limit = new PacketLimit(1000);
  expect(limit.accepts(PING)).toBe(true);
  expect(limit.accepts(publish(2000).subarray(0, 2))).toBe(true);
  expect(limit.accepts(publish(2000).subarray(2, 3))).toBe(false);
});

it("gives up a length that is none: MQTT 3.1.1 section 2.2.3", () => {
  expect(new PacketLimit(1000).accepts(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01))).toBe(false);
});
