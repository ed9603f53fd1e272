import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { homeRegion, shareBounds } from "../../../engine/src/region/assignment.ts";

const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
const seed = fc.integer({ min: 0, max: 0xffff_ffff });

function homes(bounds: readonly number[], ofSeed: number, devices: number): number[] {
  return Array.from({ length: devices }, (_, number) => homeRegion(bounds, ofSeed, number));
}

describe("home regions", () => {
  it("exist for every device", () => {
    fc.assert(
      fc.property(weights, seed, fc.nat(), (list, ofSeed, number) => {
        const region = homeRegion(shareBounds(list), ofSeed, number);
        expect(region).toBeGreaterThanOrEqual(0);
        expect(region).toBeLessThan(list.length);
      }),
    );
  });

  it("are shared out by weight", () => {
    const devices = 20_000;
    // Within five standard deviations of a binomial count; the seed is fixed, so this is no matter of luck.
    for (const list of [
      [1, 1],
      [3, 1],
      [5, 3, 2],
      [1, 99],
    ]) {
      const total = list.reduce((sum, weight) => sum + weight, 0);
      const regions = homes(shareBounds(list), 7, devices);
      list.forEach((weight, region) => {
        const share = weight / total;
        const deviation = Math.sqrt(devices * share * (1 - share));
        const count = regions.filter((home) => home === region).length;
        expect(Math.abs(count - devices * share)).toBeLessThan(5 * deviation);
      });
    }
  });

  it("differ with the seed", () => {
    const bounds = shareBounds([1, 1]);
    expect(homes(bounds, 1, 200)).not.toEqual(homes(bounds, 2, 200));
  });
});
