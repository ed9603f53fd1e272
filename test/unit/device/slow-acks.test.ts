/** Slow consumers: when PUBACK and PUBREC leave. */
import { describe, expect, it } from "vitest";
import { NO_REACTIONS } from "../../../engine/src/device/session/message-work.ts";
import { Rig } from "./device-rig.ts";

function slow(ackDelayMs: number): {
  rig: Rig;
  hear: (topic: string, qos: 1 | 2, messageId: number) => void;
} {
  const rig = new Rig({}, null, {}, [], { ...NO_REACTIONS, ackDelayMs }).start();
  rig.broker.take();
  const hear = (topic: string, qos: 1 | 2, messageId: number): void =>
    rig.broker.sends({ cmd: "publish", topic, payload: "", qos, dup: false, retain: false, messageId });
  return { rig, hear };
}

describe("an acknowledgement", () => {
  it("is put off by the scenario's delay, at QoS 1 and 2", () => {
    const { rig, hear } = slow(500);
    hear("a", 1, 1);
    rig.time.advance(100);
    hear("a", 2, 2);
    rig.time.advance(399);
    expect(rig.broker.takeNames()).toEqual([]);
    rig.time.advance(1);
    expect(rig.broker.takeNames()).toEqual(["puback"]);
    rig.time.advance(100);
    expect(rig.broker.takeNames()).toEqual(["pubrec"]);
    expect(rig.time.pending).toBe(0);
  });

  it("of another subscription waits for those before it: they leave in the order of the messages", () => {
    const { rig, hear } = slow(0);
    rig.device.exchange.slowDown(["slow/+"], 300);
    hear("fast", 1, 1);
    expect(rig.broker.takeNames()).toEqual(["puback"]);
    hear("slow/1", 1, 2);
    hear("fast", 1, 3);
    rig.time.advance(299);
    expect(rig.broker.takeNames()).toEqual([]);
    rig.time.advance(1);
    expect(rig.broker.take()).toMatchObject([{ messageId: 2 }, { messageId: 3 }]);
  });

  it("is forgotten with the connection", () => {
    const { rig, hear } = slow(500);
    hear("a", 1, 1);
    rig.broker.ends();
    rig.reconnect(100);
    rig.time.advance(1000);
    expect(rig.broker.takeNames()).toEqual([]);
    expect(rig.time.pending).toBe(0);
  });
});
