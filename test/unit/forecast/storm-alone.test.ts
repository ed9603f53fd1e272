import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../../engine/src/forecast/arrivals.ts";
import { arrivingLonger, stormsUpTo } from "../../../engine/src/forecast/storm-alone.ts";
import type { StormPlan } from "../../../engine/src/storm/schedule.ts";

const arrivals: Arrivals[] = [
  {
    fromMs: 0,
    count: 100,
    everyMs: 10,
    maxVusers: Number.POSITIVE_INFINITY,
    isPoisson: false,
    dealt: "by-rate",
  },
  {
    fromMs: 2000,
    count: 50,
    everyMs: 20,
    maxVusers: Number.POSITIVE_INFINITY,
    isPoisson: false,
    dealt: "by-rate",
  },
];
const storm = (index: number, atMs: number): StormPlan => {
  return { index, atMs, fraction: 1, cause: "reset", windowMs: 1000 };
};

describe("a fleet of another size", () => {
  it.each([
    1, 7, 149, 150, 151, 300, 12_345,
  ])("of %i devices arrives as fast, for as much longer", (devices) => {
    const longer = arrivingLonger(arrivals, devices);
    expect(longer.reduce((sum, { count }) => sum + count, 0)).toBe(devices);
    expect(longer.map(({ everyMs }) => everyMs)).toEqual([10, 20]);
    expect(longer[1]?.fromMs).toBeCloseTo((2000 * devices) / 150);
    expect(Math.abs((longer[0]?.count ?? 0) - (devices * 2) / 3)).toBeLessThanOrEqual(0.5);
  });

  it("has its storms as long after its arrival, and one inside of it at the same share of it", () => {
    // The last device arrives at 3 s.
    const moved = stormsUpTo([storm(1, 1000), storm(2, 5000)], arrivals, { storm: 2, devices: 450 });
    expect(moved.map(({ atMs }) => atMs)).toEqual([3000, 11_000]);
  });

  it("that is smaller waits for storms at the same times", () => {
    const moved = stormsUpTo([storm(1, 1000), storm(2, 5000)], arrivals, { storm: 2, devices: 15 });
    expect(moved.map(({ atMs }) => atMs)).toEqual([1000, 5000]);
  });
});

it("what comes after the storm does not happen, and its window alone is watched for longer", () => {
  const storms = [storm(1, 1000), storm(2, 5000), storm(3, 9000)];
  const asked = stormsUpTo(storms, arrivals, { storm: 2, watchMs: 60_000 });
  expect(asked.map(({ index, windowMs }) => [index, windowMs])).toEqual([
    [1, 1000],
    [2, 60_000],
  ]);
  expect(stormsUpTo(storms, arrivals, { storm: 1, watchMs: 10 })[0]?.windowMs).toBe(1000);
});
