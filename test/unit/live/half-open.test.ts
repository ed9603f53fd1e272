import { describe, expect, it } from "vitest";
import { HalfOpen } from "../../../engine/src/live/half-open.ts";
import { halfOpenRoom } from "../../../engine/src/transport/half-open-room.ts";
import { ManualTime } from "../../support/manual-time.ts";

describe("half-open connections", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => ({ toString: () => name })) as [object, object, object];
  const kept = (most: number) => {
    const heard: string[] = [];
    const time = new ManualTime(0);
    const halfOpen = new HalfOpen({ time, most, letGo: (device) => heard.push(`let go ${device}`) });
    const connection = (name: string) => ({
      refuse: () => heard.push(`refuse ${name}`),
      reset: () => heard.push(`reset ${name}`),
    });
    return { heard, time, halfOpen, connection };
  };

  it("are so many at most, one of each device: beyond that the oldest is ended", () => {
    const { heard, halfOpen, connection } = kept(2);
    for (const device of [a, b, c]) halfOpen.keep(device, connection(`${device}`));
    expect([heard, halfOpen.size]).toEqual([["reset a", "let go a"], 2]);
    halfOpen.keep(b, connection("b again"));
    expect(heard.slice(2)).toEqual(["reset b", "let go b"]);
    halfOpen.reset();
    expect([heard.slice(4), halfOpen.size]).toEqual([["reset c", "reset b again"], 0]);
  });

  it("are over when the broker ends them; an earlier one of the device is not this one", () => {
    const { halfOpen, connection } = kept(9);
    const [first, second] = [connection("1"), connection("2")];
    halfOpen.keep(a, first);
    halfOpen.keep(a, second);
    halfOpen.over(a, first);
    expect(halfOpen.size).toBe(1);
    halfOpen.over(a, second);
    expect(halfOpen.size).toBe(0);
  });

  it("are ended at once where there is room for none", () => {
    const { heard, halfOpen, connection } = kept(0);
    halfOpen.keep(a, connection("a"));
    expect([heard, halfOpen.size]).toEqual([["reset a", "let go a"], 0]);
  });

  it("are refused later", () => {
    const { heard, time, halfOpen, connection } = kept(1);
    halfOpen.refuseLater(connection("a"));
    expect(heard).toEqual([]);
    time.advance(1);
    expect(heard).toEqual(["refuse a"]);
  });
});

describe("the room for them", () => {
  const base = { files: null, ports: null, devices: 1000, perDevice: 1, workers: 1 } as const;
  it.each([
    [{ ...base, files: 1500 }, 300],
    [{ ...base, files: 1500, workers: 2 }, 150],
    [{ ...base, files: 2500, perDevice: 2 }, 300],
    [{ ...base, files: 1100 }, 0],
    [{ ...base, files: 1e6, ports: { count: 1500, paths: 1 } }, 500],
    [{ ...base, files: 1e6, ports: { count: 1500, paths: 2 } }, 2000],
    [{ ...base, files: 1200, devices: null }, 500],
    [base, Number.POSITIVE_INFINITY],
  ])("of %j: %s", (supply, room) => {
    expect(halfOpenRoom(supply)).toBe(room);
  });
});
