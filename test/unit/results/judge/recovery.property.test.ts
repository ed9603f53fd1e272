import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankOf } from "../../../../results/src/judge/ranks.ts";
import { recoveryCurve, recoveryPercentileMs } from "../../../../results/src/judge/recovery.ts";
import { histogramOf } from "../../../support/run-files.ts";

const readyUs = fc.array(fc.integer({ min: 1, max: 7_200_000_000 }), { maxLength: 300 });
const percentiles = fc.constantFrom(1, 25, 50, 90, 99, 99.9, 100);

/** Every affected device with its ready time, those that never were ready as infinite, sorted. */
function reference(valuesUs: number[], unrecovered: number, percentile: number): number {
  const all = [...valuesUs, ...new Array<number>(unrecovered).fill(Number.POSITIVE_INFINITY)].sort(
    (a, b) => a - b,
  );
  const perMille = Math.round(percentile * 10);
  const rank = all.findIndex((_, i) => (i + 1) * 1000 >= perMille * all.length);
  return all[rank] as number;
}

describe("percentiles over the affected devices", () => {
  it("equal a sort of all devices with the unrecovered as infinitely slow, to 3 significant digits", () => {
    fc.assert(
      fc.property(readyUs, fc.nat(300), percentiles, (valuesUs, unrecovered, percentile) => {
        fc.pre(valuesUs.length + unrecovered > 0);
        const expectedUs = reference(valuesUs, unrecovered, percentile);
        const affected = valuesUs.length + unrecovered;
        const actualMs = recoveryPercentileMs(histogramOf(valuesUs), affected, percentile);
        if (expectedUs === Number.POSITIVE_INFINITY) {
          expect(actualMs).toBeNull();
        } else {
          expect(actualMs).not.toBeNull();
          const actualUs = (actualMs ?? 0) * 1000;
          expect(Math.abs(actualUs - expectedUs)).toBeLessThanOrEqual(expectedUs / 1000 + 1e-6);
        }
      }),
    );
  });

  it("of a curve: ascends, and ends at the share that recovered", () => {
    fc.assert(
      fc.property(readyUs, fc.nat(300), (valuesUs, unrecovered) => {
        const affected = valuesUs.length + unrecovered;
        const curve = recoveryCurve(histogramOf(valuesUs), affected);
        for (const [i, point] of curve.entries()) {
          expect(point.tMs).toBeGreaterThan(curve[i - 1]?.tMs ?? 0);
          expect(point.share).toBeGreaterThan(curve[i - 1]?.share ?? 0);
        }
        if (valuesUs.length > 0) expect(curve.at(-1)?.share).toBeCloseTo(valuesUs.length / affected, 12);
        else expect(curve).toEqual([]);
      }),
    );
  });
});

describe("examples", () => {
  const hundred = histogramOf(Array.from({ length: 100 }, (_, i) => (i + 1) * 10)); // 10 µs .. 1 ms: exact

  it("is a number at the rank of the last recovered device, and null one device further", () => {
    expect(recoveryPercentileMs(hundred, 200, 50)).toBe(1);
    expect(recoveryPercentileMs(hundred, 201, 50)).toBeNull();
  });
  it("is null without affected devices, and without recovered ones", () => {
    expect(recoveryPercentileMs(hundred, 0, 50)).toBeNull();
    expect(recoveryPercentileMs(undefined, 10, 50)).toBeNull();
  });
  it("takes the rank by decimal arithmetic: 99.9 % of 1,000 is the 999th", () => {
    expect(rankOf(99.9, 1000)).toBe(999);
    expect(rankOf(99.9, 1001)).toBe(1000);
    expect(rankOf(50, 1)).toBe(1);
  });
});
