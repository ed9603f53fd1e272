import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Owed } from "../../../engine/src/forecast/owed.ts";

const message = (topic: string): IPublishPacket => ({
  cmd: "publish",
  topic,
  payload: "",
  qos: 1,
  dup: false,
  retain: false,
});

function takeAll(owed: Owed): string[] {
  const taken: string[] = [];
  for (let packet = owed.take(); packet !== null; packet = owed.take()) taken.push(shown(packet));
  return taken;
}

function shown(packet: Packet): string {
  if (packet.cmd !== "publish") return `${packet.cmd} ${packet.messageId}`;
  return `${packet.topic} ${packet.messageId}${packet.dup ? " again" : ""}`;
}

function owing(topics: string[], receiveMaximum?: number): Owed {
  const owed = new Owed(receiveMaximum);
  for (const topic of topics) owed.add(message(topic));
  return owed;
}

describe("what a broker owes a client", () => {
  it("is sent in order, as much at once as the client takes", () => {
    const owed = owing(["a", "b", "c", "d"], 2);
    expect(takeAll(owed)).toEqual(["a 1", "b 2"]);
    owed.settle(2);
    expect(takeAll(owed)).toEqual(["c 3"]);
    // It was settled before: nothing more may go.
    owed.settle(2);
    expect(takeAll(owed)).toEqual([]);
  });

  it("is sent again on the next connection where it was not acknowledged, before what was never sent", () => {
    const owed = owing(["a", "b", "c"], 2);
    takeAll(owed);
    owed.settle(1);
    owed.add(message("d"));
    owed.resume(undefined);
    expect(takeAll(owed)).toEqual(["b 2 again", "c 3", "d 4"]);
    owed.resume(1);
    expect(takeAll(owed)).toEqual(["b 2 again"]);
    owed.resume(undefined);
    expect(takeAll(owed)).toEqual(["b 2 again", "c 3 again", "d 4 again"]);
  });

  it("goes on with PUBREL after PUBREC", () => {
    const owed = owing(["a", "b"]);
    takeAll(owed);
    owed.release(1);
    owed.resume(undefined);
    expect(takeAll(owed)).toEqual(["pubrel 1", "b 2 again"]);
    owed.settle(1);
    owed.resume(undefined);
    expect(takeAll(owed)).toEqual(["b 2 again"]);
  });

  it("uses no packet identifier that is in use", () => {
    const owed = owing(Array.from({ length: 65_535 }, () => "a"));
    takeAll(owed);
    owed.settle(7);
    owed.add(message("b"));
    owed.add(message("c"));
    expect(takeAll(owed)).toEqual(["b 7"]);
  });

  it("takes a message of QoS 2 once, until the client has released it", () => {
    const owed = owing([]);
    expect([owed.takeOnce(5), owed.takeOnce(5)]).toEqual([true, false]);
    owed.forget(5);
    expect(owed.takeOnce(5)).toBe(true);
  });
});
