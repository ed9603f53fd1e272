import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrivalCurve } from "../../../engine/src/capture/arrivals.ts";
import { ARRIVAL_BINS } from "../../../engine/src/contract.ts";
import { arrivedBy } from "../../../results/src/run/presence.ts";

describe("the curve of arrivals", () => {
  it("has nobody before the first", () => {
    const curve = new ArrivalCurve();
    expect(curve.read()).toEqual({ fromMs: null, everyMs: 100, devices: [] });
    expect(arrivedBy(curve.read(), 1000)).toBe(0);
  });

  it("counts per 100 ms, and in wider bins where it gets longer than they last", () => {
    const curve = new ArrivalCurve();
    for (const atMs of [1000, 1099, 1100, 1450]) curve.add(atMs);
    expect(curve.read()).toEqual({ fromMs: 1000, everyMs: 100, devices: [2, 1, 0, 0, 1] });
    curve.add(1000 + 100 * ARRIVAL_BINS);
    const { everyMs, devices } = curve.read();
    expect(everyMs).toBe(200);
    expect(devices.slice(0, 4)).toEqual([3, 0, 1, 0]);
    expect(devices).toHaveLength(ARRIVAL_BINS / 2 + 1);
  });

  it("loses nobody, and is right at the end of every bin", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1 }), (gaps) => {
        const curve = new ArrivalCurve();
        let atMs = 5000;
        const times = gaps.map((gap) => (atMs += gap));
        for (const time of times) curve.add(time);
        const { fromMs, everyMs, devices } = curve.read();
        expect(devices.length).toBeLessThanOrEqual(ARRIVAL_BINS);
        for (let bin = 0; bin <= devices.length; bin++) {
          const endMs = (fromMs ?? 0) + bin * everyMs;
          expect(arrivedBy(curve.read(), endMs)).toBe(times.filter((time) => time < endMs).length);
        }
      }),
    );
  });
});
