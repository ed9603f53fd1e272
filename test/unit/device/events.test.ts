import { describe, expect, it } from "vitest";
import {
  COUNTER_NAMES,
  LATENCY_METRICS,
  STORM_COUNTERS,
  TIMELINE_EVENTS,
} from "../../../engine/src/contract.ts";
import { EVENTS } from "../../../engine/src/device/events.ts";

const ROWS = Object.values(EVENTS);

describe("the table of events", () => {
  it.each([
    ["counter", COUNTER_NAMES],
    ["column", TIMELINE_EVENTS],
    ["storm", STORM_COUNTERS],
    ["latency", Object.values(LATENCY_METRICS)],
  ] as const)("names every %s of the contract, and none twice", (effect, names) => {
    const named = ROWS.map((row) => row[effect]).filter((name) => name !== null);
    const isEnd = effect === "counter" || effect === "column";
    // A connection ends in two ways, and a silent one gets lost before it ends.
    const expected = isEnd ? [...names, effect === "counter" ? "disconnects" : "drops"] : [...names];
    expect([...named].sort()).toEqual(expected.sort());
  });

  it("has its rows in places of their own, all alike", () => {
    expect(ROWS.map(({ id }) => id)).toEqual(ROWS.map((_, i) => i));
    expect(new Set(ROWS.map((row) => Object.keys(row).join())).size).toBe(1);
    expect(Object.entries(EVENTS).every(([name, row]) => row.name === name)).toBe(true);
  });

  it("takes as many devices offline as online: every end of a connection is told by exactly one of two events", () => {
    const ends = ROWS.filter(({ online }) => online === -1).map(({ name }) => name);
    expect(ends).toEqual(["disconnected", "silenced"]);
    expect(ROWS.filter(({ online }) => online === 1).map(({ name }) => name)).toEqual(["connectAccepted"]);
    expect(ROWS.filter(({ ready }) => ready === 1).map(({ name }) => name)).toEqual(["becameReady"]);
    expect(ROWS.filter(({ ready }) => ready === -1).map(({ name }) => name)).toEqual(ends);
  });
});
