import type { IPublishPacket } from "mqtt-packet";
import { beforeEach, describe, expect, it } from "vitest";
import { FLOOD_SILENCE_MS } from "../../../../engine/src/device/messages/floods.ts";
import { writeMark } from "../../../../engine/src/device/messages/mark.ts";
import { Messages } from "../../../../engine/src/device/messages/messages.ts";
import type { DevicePlan } from "../../../../engine/src/device/plan.ts";
import { outcome, Rig } from "../device-rig.ts";

const RUN = "5eed0001";
/** The common clock is so far ahead of the devices'. */
const EPOCH_MS = 1_764_000_000_000;

let segment = 0;
let rig: Rig;

function newRig(plan: Partial<DevicePlan> = {}, place: "payload" | "userProperties" = "payload"): Rig {
  return new Rig(plan, null, {}, undefined, undefined, (time) => {
    return new Messages({
      run: RUN,
      place,
      time,
      commonClock: () => EPOCH_MS + time.now(),
      segment: () => segment,
    });
  });
}

beforeEach(() => {
  segment = 0;
  rig = newRig({ clean: false }).start();
});

function publish(topic: string, qos: 0 | 1 | 2, payload = '{"a":1}'): (string | null)[] {
  const { done, results } = outcome();
  rig.device.exchange.publish({ topic, payload, qos, retain: false, tracked: true }, done);
  return results;
}

function marksOnTheWire(): string[] {
  return rig.broker
    .take()
    .filter((packet): packet is IPublishPacket => packet.cmd === "publish")
    .map(({ payload }) => String((JSON.parse(payload.toString()) as { _sent: string })._sent));
}

/** A publication of device 3, its `sequence`-th, sent `agoMs` ago. */
function hears(
  sequence: number,
  { agoMs = 0, first = 1, in: of = segment, topic = "t", retain = false } = {},
): void {
  const sentAtMs = EPOCH_MS + rig.time.now() - agoMs;
  const mark = writeMark(RUN, { publisher: 3, sequence, first, segment: of, sentAtMs });
  rig.broker.sends({ cmd: "publish", topic, payload: `{"_sent":"${mark}"}`, qos: 0, dup: false, retain });
}

const EVENTS = [
  "messageMissed",
  "messageFilled",
  "messageOutOfOrder",
  "messageDuplicate",
  "messageUndecided",
] as const;

describe("what a device publishes", () => {
  it("carries the run, the device, its number by topic, the segment and the time", () => {
    publish("a", 0);
    publish("b", 1);
    segment = 1;
    rig.time.advance(5);
    publish("a", 0);
    const at = (ms: number): number => (EPOCH_MS + 1000 + ms) * 1000;
    expect(marksOnTheWire()).toEqual([
      `${RUN},7,1,1,0,${at(0)}`,
      `${RUN},7,1,1,0,${at(0)}`,
      `${RUN},7,2,2,1,${at(5)}`,
    ]);
    expect(rig.events("messagePublished").map(({ storm }) => storm)).toEqual([0, 0, 1]);
  });

  it("is not published where it cannot carry its mark, and the step says so", () => {
    expect(publish("a", 0, "21.5")).toEqual(["payload_not_markable"]);
    expect(rig.broker.take()).toEqual([]);
    expect(rig.events("messagePublished")).toEqual([]);
  });

  it("leaves no gap where it was too large to be sent", () => {
    rig = newRig({ protocolVersion: 5 });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({
      cmd: "connack",
      returnCode: 0,
      reasonCode: 0,
      sessionPresent: false,
      properties: { maximumPacketSize: 100 },
    });
    rig.bootstrapped();
    rig.broker.take();
    for (const qos of [0, 1] as const) {
      expect(publish("a", qos, JSON.stringify({ long: "x".repeat(100) }))).toEqual(["packet_too_large"]);
      publish("a", qos, "{}");
    }
    expect(marksOnTheWire().map((mark) => mark.split(",")[2])).toEqual(["1", "2"]);
  });

  it("carries its mark as a user property where it is to, beside whatever payload", () => {
    rig = newRig({ protocolVersion: 5 }, "userProperties").start();
    publish("a", 0, "21.5");
    const [packet] = rig.broker.take() as [IPublishPacket];
    expect(packet.payload.toString()).toBe("21.5");
    expect(packet.properties?.userProperties?.["_sent"]).toMatch(/^5eed0001,7,1,1,0,\d+$/);
    rig.broker.sends({ ...packet, topic: "a", dup: false });
    expect(rig.events("messageDelivered")).toHaveLength(1);
  });

  it("keeps its number and its time when it is sent again", () => {
    publish("a", 1);
    const first = marksOnTheWire();
    rig.broker.ends();
    rig.reconnect(100, true);
    rig.time.advance(50);
    expect(rig.events("messagePublished")).toHaveLength(1);
    expect(
      rig.network.last.packets().flatMap((packet) => (packet.cmd === "publish" ? [packet.dup] : [])),
    ).toEqual([true]);
    expect(first).toHaveLength(1);
  });
});

describe("what a device hears", () => {
  it("is delivered, and took so long", () => {
    hears(1, { agoMs: 12 });
    expect(rig.events("messageDelivered", "messageTimed")).toEqual([
      { event: "messageDelivered", storm: 0 },
      { event: "messageTimed", storm: 0, value: expect.closeTo(12, 3) as number },
    ]);
    expect(rig.events(...EVENTS)).toEqual([]);
  });

  it("shows gaps, what fills them, and repetitions", () => {
    for (const sequence of [5, 6, 9, 7, 7, 4]) hears(sequence);
    expect(rig.events(...EVENTS)).toEqual([
      { event: "messageMissed", storm: 0, value: 2 },
      { event: "messageOutOfOrder", storm: 0 },
      { event: "messageFilled", storm: 0 },
      { event: "messageDuplicate", storm: 0 },
      { event: "messageOutOfOrder", storm: 0 },
    ]);
  });

  it("is missing from the storm in whose window it was sent, whenever that is noticed", () => {
    hears(1, { in: 0 });
    // Numbers 2 and 3 were sent before the storm, 4 and 5 in its window.
    hears(6, { in: 1, first: 4 });
    // 7 was sent in the window, 8 after it.
    hears(9, { in: 2, first: 8 });
    // Nothing was heard in the window of the second storm.
    hears(20, { in: 4, first: 18 });
    expect(rig.events("messageMissed")).toEqual([
      { event: "messageMissed", storm: 0, value: 2 },
      { event: "messageMissed", storm: 1, value: 2 },
      { event: "messageMissed", storm: 1, value: 1 },
      { event: "messageMissed", storm: 0, value: 1 },
      { event: "messageMissed", storm: 2, value: 8 },
      { event: "messageMissed", storm: 0, value: 2 },
    ]);
  });

  it("has gaps in a shared subscription that mean nothing", () => {
    const { done } = outcome();
    rig.device.exchange.subscribe(["$share/group/t", "own/#"], 0, false, done);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [0, 0] });
    hears(1);
    hears(5);
    hears(1, { topic: "own/t" });
    hears(5, { topic: "own/t" });
    expect(rig.events("messageShared")).toHaveLength(2);
    expect(rig.events("messageMissed").map(({ value }) => value)).toEqual([3]);
  });

  it("begins anew where the script had the device away", () => {
    hears(1);
    rig.device.disconnect();
    rig.device.connect();
    rig.makeReady(true);
    hears(9);
    expect(rig.events("messageMissed")).toEqual([]);
  });

  it("shows what was lost while the device was away against its will", () => {
    hears(1);
    rig.broker.ends();
    rig.reconnect(100);
    hears(9);
    expect(rig.events("messageMissed").map(({ value }) => value)).toEqual([7]);
  });
});

describe("what waited for a device", () => {
  function comesBack(sessionPresent = true): void {
    segment = 1;
    rig.device.part.drop("reset", 1);
    rig.reconnect(100, sessionPresent);
  }

  it("is a flood that is in when nothing more of it comes", () => {
    comesBack();
    rig.time.advance(30);
    hears(1, { agoMs: 80 });
    rig.time.advance(40);
    hears(2, { agoMs: 90 });
    hears(3, { agoMs: 0 });
    hears(1, { topic: "kept", retain: true });
    expect(rig.events("floodIn")).toEqual([]);
    rig.time.advance(2 * FLOOD_SILENCE_MS);
    expect(rig.events("messageFlood")).toHaveLength(3);
    expect(rig.events("messageRetained")).toEqual([{ event: "messageRetained", storm: 1 }]);
    expect(rig.events("floodIn")).toEqual([{ event: "floodIn", storm: 1, value: 70 }]);
    // It is told once of a connection.
    hears(4, { agoMs: 5000 });
    rig.time.advance(2 * FLOOD_SILENCE_MS);
    expect(rig.events("floodIn")).toHaveLength(1);
  });

  it("is in when the connection is lost, too", () => {
    comesBack();
    rig.time.advance(30);
    hears(1, { agoMs: 80 });
    rig.broker.ends();
    expect(rig.events("floodIn")).toEqual([{ event: "floodIn", storm: 1, value: 30 }]);
  });

  it("is what it had sent and was not acknowledged, until it is", () => {
    publish("a", 1);
    publish("a", 1);
    rig.broker.sends({ cmd: "puback", messageId: 1 });
    publish("a", 2);
    comesBack();
    rig.time.advance(25);
    rig.broker.sends({ cmd: "puback", messageId: 2 });
    rig.time.advance(25);
    rig.broker.sends({ cmd: "pubrec", messageId: 3 }, { cmd: "pubcomp", messageId: 3 });
    expect(rig.events("backlogAtLoss", "backlogFlushed", "backlogOver", "backlogDropped")).toEqual([
      { event: "backlogAtLoss", storm: 1, value: 2 },
      { event: "backlogFlushed", storm: 1 },
      { event: "backlogFlushed", storm: 1 },
      { event: "backlogOver", storm: 1, value: 50 },
    ]);
    expect(rig.events("messageAcknowledged")).toHaveLength(3);
  });

  it("is given up where the broker kept no session", () => {
    publish("a", 1);
    comesBack(false);
    expect(rig.events("backlogAtLoss", "backlogDropped", "backlogOver")).toEqual([
      { event: "backlogAtLoss", storm: 1, value: 1 },
      { event: "backlogDropped", storm: 1, value: 1 },
    ]);
  });

  it("is given up where the device ends before it is back", () => {
    publish("a", 1);
    segment = 1;
    rig.device.part.drop("reset", 1);
    rig.device.end("ended");
    expect(rig.events("backlogAtLoss", "backlogDropped")).toEqual([
      { event: "backlogAtLoss", storm: 1, value: 1 },
      { event: "backlogDropped", storm: 1, value: 1 },
    ]);
  });
});
