import { describe, expect, it } from "vitest";
import { Outage } from "../../../engine/src/device/outage.ts";

describe("an outage", () => {
  it("is none before the first loss", () => {
    const outage = new Outage();
    expect(outage.lostAtMs).toBeNull();
    expect(outage.reconnected(5)).toBe(null);
    expect(outage.end(5)).toBe(null);
    expect([outage.storm, outage.recoversFrom]).toEqual([0, 0]);
  });

  it("lasts from the first loss until ready, over failed reconnects and further losses", () => {
    const outage = new Outage();
    outage.begin(100);
    expect(outage.reconnected(150)).toBe(50);
    outage.begin(160);
    expect(outage.reconnected(170)).toBe(null);
    expect(outage.end(190)).toBe(90);
    expect(outage.end(200)).toBe(null);
  });

  it("of a storm counts for that storm until the device is ready, and no longer", () => {
    const outage = new Outage();
    outage.claim(2);
    outage.begin(100);
    expect(outage.recoversFrom).toBe(2);
    outage.end(150);
    expect([outage.storm, outage.recoversFrom]).toEqual([2, 0]);
    outage.begin(200);
    expect(outage.recoversFrom).toBe(0);
  });

  it("begins anew where a storm interrupts an earlier one", () => {
    const outage = new Outage();
    outage.begin(100);
    outage.claim(1);
    outage.begin(300);
    expect(outage.reconnected(350)).toBe(50);
    expect(outage.end(400)).toBe(100);
  });

  it("that turns out to be a storm's is told so, with the instant of its loss", () => {
    const outage = new Outage();
    outage.begin(100);
    outage.join(3, 90, false);
    expect([outage.lostAtMs, outage.recoversFrom]).toEqual([90, 3]);
    expect(outage.end(190)).toBe(100);
  });

  it.each([
    ["that is over by then", true],
    ["of a device that wants to be away", false],
  ])("%s only leaves the storm's number", (_, isOver) => {
    const outage = new Outage();
    outage.begin(100);
    if (isOver) outage.end(150);
    else outage.abandon();
    outage.join(3, 90, isOver);
    expect(outage.lostAtMs).toBeNull();
    expect([outage.storm, outage.recoversFrom]).toEqual([3, 0]);
  });

  it("that is abandoned awaits no reconnect", () => {
    const outage = new Outage();
    outage.claim(1);
    outage.begin(100);
    outage.abandon();
    expect(outage.lostAtMs).toBeNull();
    expect(outage.reconnected(200)).toBe(null);
    expect(outage.recoversFrom).toBe(0);
  });
});
