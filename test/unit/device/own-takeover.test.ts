import { describe, expect, it } from "vitest";
import { IdHolders } from "../../../engine/src/device/id-holders.ts";
import { NO_REACTIONS } from "../../../engine/src/device/session/message-work.ts";
import { OwnTakeovers } from "../../../engine/src/fleet/own-takeovers.ts";
import { Rig } from "./device-rig.ts";

const ID = "device-000007";

function rigOf(protocolVersion: 4 | 5) {
  const lines: string[] = [];
  const words = new Int32Array(new ArrayBuffer(IdHolders.bytesFor(2)));
  const holders = new IdHolders(words);
  const ids = new OwnTakeovers(
    holders,
    (number) => `device-${number}`,
    (line) => lines.push(line),
  );
  const rig = new Rig({ protocolVersion }, null, {}, [], NO_REACTIONS, undefined, ids);
  return { rig, ids, holders, lines };
}

const ends = (rig: Rig): string[] => rig.events("disconnected").map(({ name }) => name as string);

describe.each([
  4, 5,
] as const)("a device whose client id another one of the fleet has, version %i", (version) => {
  it("is taken over where the broker ends its connection once that one has come", () => {
    const { rig, ids, holders, lines } = rigOf(version);
    rig.start();
    holders.claim(ID, 0, 3);
    rig.broker.ends();
    expect(ends(rig)).toEqual(["session_taken_over"]);
    const example = { clientId: ID, devices: ["device-7", "device-3"], takeovers: 1 };
    expect(ids.report()).toEqual({ count: 1, examples: [example] });
    expect(lines).toEqual([
      expect.stringMatching(
        /fight each other for client id "device-000007": device-7 lost its connection to device-3/,
      ),
    ]);
    // It comes back, and is thrown out again: said once.
    rig.time.advance(100);
    rig.accept();
    holders.claim(ID, 0, 3);
    rig.broker.ends();
    expect(ids.report()).toMatchObject({ count: 2, examples: [{ takeovers: 2 }] });
    expect(lines).toHaveLength(1);
  });

  it("is not where that one came before it, or has gone", () => {
    const { rig, ids, holders } = rigOf(version);
    const place = holders.claim(ID, 0, 3);
    rig.start();
    holders.claim(ID, 0, 3);
    holders.release(place, 3);
    rig.broker.ends();
    expect(ends(rig)).toEqual(["closed"]);
    expect(ids.report()).toBeUndefined();
    rig.time.advance(100);
    rig.accept();
    rig.broker.ends();
    expect(ends(rig)).toEqual(["closed", "closed"]);
  });

  it("is not where a storm ends its connection, and it leaves the id to others", () => {
    const { rig, ids, holders } = rigOf(version);
    rig.start();
    const place = holders.claim(ID, 0, 3);
    rig.device.part.drop("reset", 1);
    expect(ends(rig)).toEqual(["reset"]);
    expect(holders.rivalOf(3, place)).toBeNull();
    expect(ids.report()).toBeUndefined();
  });

  it("is not where a path that a storm took answers with RST, whoever has the id by then", () => {
    const { rig, ids, holders } = rigOf(version);
    rig.start();
    rig.device.part.silence(1, "reset");
    holders.claim(ID, 0, 3);
    rig.device.onClosed("tcp_reset");
    expect(rig.events("silenceOver").map(({ name }) => name)).toEqual(["closed"]);
    expect(ids.report()).toBeUndefined();
  });

  it("is gone from the table when its script ends it", () => {
    const { rig, holders } = rigOf(version);
    rig.start();
    rig.device.end("ended");
    const place = holders.claim("another", 0, 3);
    expect(holders.rivalOf(3, place)).toBeNull();
    expect(holders.rivalOf(3, holders.claim(ID, 0, 3))).toBeNull();
  });
});

it("MQTT 5 says so by 0x8E: whether it was one of the fleet is known beside that", () => {
  const { rig, ids, holders } = rigOf(5);
  rig.start();
  rig.broker.sends({ cmd: "disconnect", reasonCode: 0x8e });
  expect(ends(rig)).toEqual(["session_taken_over"]);
  expect(ids.report()).toBeUndefined();
  rig.time.advance(100);
  rig.accept();
  holders.claim(ID, 0, 3);
  rig.broker.sends({ cmd: "disconnect", reasonCode: 0x8e });
  expect(ends(rig)).toEqual(["session_taken_over", "session_taken_over"]);
  expect(ids.report()).toMatchObject({ count: 1 });
});
