import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeIntervals } from "../../../../results/src/run/interval-places.ts";
import { LatencySlots } from "../../../../results/src/run/latency-slots.ts";
import { record, TIME_ZERO_MS } from "../../../support/run-files.ts";

/** Counts by metric, slot and bucket, as one text for each. */
function countsOf({ byMetric }: LatencySlots): Map<string, number> {
  const all = new Map<string, number>();
  for (const [metric, slots] of byMetric) {
    for (const [number, counts] of slots) {
      for (const [index, count] of counts) all.set(`${metric} ${number} ${index}`, count);
    }
  }
  return all;
}

describe("slots of latencies", () => {
  it("hold every value in the slot of its time, at most 120 of them, as narrow as that allows", () => {
    const values = fc.array(
      fc.record({
        metric: fc.constantFrom("a", "b"),
        atMs: fc.integer({ min: 0, max: 3_000_000 }),
        index: fc.integer({ min: 0, max: 5 }),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(values, (all) => {
        const slots = new LatencySlots();
        for (const { metric, atMs, index, count } of all) slots.add(metric, atMs, [index], [count]);
        const { widthMs } = slots;
        const numbers = (width: number): number[] => all.map(({ atMs }) => Math.floor(atMs / width));
        const taken = (width: number): number =>
          Math.max(...numbers(width)) - Math.min(...numbers(width)) + 1;
        expect(taken(widthMs)).toBeLessThanOrEqual(120);
        if (widthMs > 2000) expect(taken(widthMs / 2)).toBeGreaterThan(120);
        const expected = new Map<string, number>();
        for (const { metric, atMs, index, count } of all) {
          const key = `${metric} ${Math.floor(atMs / widthMs)} ${index}`;
          expected.set(key, (expected.get(key) ?? 0) + count);
        }
        expect(countsOf(slots)).toEqual(expected);
      }),
    );
  });

  it("are never narrower than those that they take over, and move them to the nearest slot", () => {
    const long = new LatencySlots();
    for (const atMs of [0, 400_000]) long.add("a", atMs, [1], [1]);
    expect(long.widthMs).toBe(4000);
    const both = new LatencySlots();
    both.addMoved(long, 9000);
    expect(both.widthMs).toBe(4000);
    expect([...countsOf(both).keys()]).toEqual(["a 2 1", "a 102 1"]);
  });
});

describe("intervals of a worker", () => {
  const interval = { indices: [7], counts: [3], bytes: 1 };
  const zeroS = TIME_ZERO_MS / 1000;
  const placed = (tag: string, startS: number, lengthS: number): number => {
    const slots = new LatencySlots();
    placeIntervals(slots, record({ startedAtMs: TIME_ZERO_MS }), 0)(tag, startS, lengthS, interval);
    return countsOf(slots).size;
  };

  it("count where their middle lies, moved as their worker's clock is", () => {
    const slots = new LatencySlots();
    const tag = "mqtt.connect_time;fleet";
    placeIntervals(slots, record({ startedAtMs: TIME_ZERO_MS }), 4000)(tag, zeroS + 1, 2, interval);
    expect([...countsOf(slots)]).toEqual([[`mqtt.connect_time ${(TIME_ZERO_MS + 6000) / 2000} 7`, 3]]);
  });

  it("are not placed where it is not known when they were", () => {
    expect(placed("mqtt.connect_time;fleet", zeroS, 10)).toBe(1);
    expect(placed("mqtt.connect_time;fleet", zeroS, 10.001)).toBe(0);
    expect(placed("mqtt.connect_time;fleet", zeroS, -1)).toBe(0);
    expect(placed("mqtt.connect_time;fleet", 5, 2)).toBe(0);
    expect(placed("mqtt.connect_time;fleet", Number.NaN, 2)).toBe(0);
    expect(placed("mqtt.connect_time;fleet", 1e300, 2)).toBe(0);
    expect(placed("mqtt.publish_time;fleet", zeroS, 2)).toBe(0);
    const ofForecast = new LatencySlots();
    const forecast = record({ startedAtMs: TIME_ZERO_MS, forecast: { assumptions: [] } as never });
    placeIntervals(ofForecast, forecast, 0)("mqtt.connect_time;fleet", zeroS, 2, interval);
    expect(countsOf(ofForecast).size).toBe(0);
  });
});
