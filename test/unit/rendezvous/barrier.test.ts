import { describe, expect, it } from "vitest";
import {
  type ContainerState,
  isProvisioned,
  missingAtBarrier,
} from "../../../engine/src/rendezvous/barrier.ts";

const state = (ordinal: number, ready: number, devices = 50, arrivalsOver = true): ContainerState => ({
  ordinal,
  devices,
  ready,
  arrivalsOver,
});
const ALL = { share: 1, timeoutMs: 300_000 };

describe("a fleet on two containers", () => {
  it.each<[string, ContainerState[], number, boolean]>([
    ["all devices of both are ready", [state(0, 50), state(1, 50)], 1, true],
    ["one device is not", [state(0, 50), state(1, 49)], 1, false],
    ["99 % are to be, and are", [state(0, 50), state(1, 49)], 0.99, true],
    ["98.5 % are, of 99", [state(0, 100, 100), state(1, 97, 100)], 0.99, false],
    ["one container is missing", [state(0, 50)], 0.5, false],
    ["one still starts devices", [state(0, 50), state(1, 50, 50, false)], 0.5, false],
    ["one has no device at all", [state(0, 50), state(1, 0, 0)], 1, true],
  ])("is ready or not where %s", (_what, states, share, expected) => {
    expect(isProvisioned(states, 2, { ...ALL, share })).toBe(expected);
  });
});

describe("what is missing when time is up", () => {
  it("is said of each container", () => {
    expect(missingAtBarrier([state(0, 50), state(2, 10, 40, false), state(3, 49)], 5)).toEqual([
      "container 1, 4 of 5 (counted from 0) has not come",
      "container 2 still starts devices (10 of 40 so far are ready)",
      "container 3 has 49 of 50 devices ready",
    ]);
  });

  it("names a few of many", () => {
    expect(missingAtBarrier([], 100)).toEqual([
      "container 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 90 more of 100 (counted from 0) has not come",
    ]);
  });

  it("names no container where there is one", () => {
    expect(missingAtBarrier([state(0, 49)], 1)).toEqual(["this run has 49 of 50 devices ready"]);
  });
});
