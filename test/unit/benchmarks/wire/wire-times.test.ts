import mqttPacket, { type Packet } from "mqtt-packet";
import { expect, it } from "vitest";
import { percentile, WireReader } from "../../../../benchmarks/wire/wire-times.ts";

const bytes = (packet: object): Buffer => mqttPacket.generate(packet as Packet);

it("times each request of a connection to its own answer, also one that comes in pieces", () => {
  const reader = new WireReader((topic) => (topic === "ask/1" ? "answer/1" : null));
  const segment = (atMs: number, fromDevice: boolean, payload: Buffer, syn = false, stream = 1) =>
    reader.read({ atS: atMs / 1000, stream, fromDevice, syn, payload });
  const none = Buffer.alloc(0);
  segment(0, true, none, true);
  segment(2, false, none, true);
  segment(3, true, bytes({ cmd: "connect", clientId: "a" }));
  const connack = bytes({ cmd: "connack", returnCode: 0, sessionPresent: false });
  segment(9, false, connack.subarray(0, 1));
  segment(10, false, connack.subarray(1));
  const subscribe = (messageId: number) =>
    bytes({ cmd: "subscribe", messageId, subscriptions: [{ topic: "t", qos: 0 }] });
  segment(
    20,
    true,
    Buffer.concat([subscribe(1), bytes({ cmd: "publish", topic: "ask/1", payload: "", qos: 0 })]),
  );
  segment(21, true, subscribe(2));
  segment(25, false, bytes({ cmd: "suback", messageId: 2, granted: [0] }));
  segment(30, false, bytes({ cmd: "suback", messageId: 1, granted: [0] }));
  segment(50, false, bytes({ cmd: "publish", topic: "answer/1", payload: "x", qos: 0 }), false, 1);
  segment(60, false, bytes({ cmd: "publish", topic: "answer/1", payload: "again", qos: 0 }));
  const rounded = Object.fromEntries(
    Object.entries<number[]>({ ...reader.times }).map(([name, times]) => [
      name,
      times.map((ms) => Number(ms.toFixed(6))),
    ]),
  );
  expect(rounded).toEqual({ tcp: [2], connack: [7], subscribe: [4, 10], configRequest: [30] });
});

it("has nearest-rank percentiles", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect([50, 99, 100].map((percent) => percentile(values, percent))).toEqual([100, 198, 200]);
  expect(percentile([], 50)).toBeNull();
});
