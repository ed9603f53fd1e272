import { expect, it } from "vitest";
import { coverageOf, SHAPES, type ShapeName } from "../../../benchmarks/forecast/coverage.ts";
import { pilotBounds } from "../../../results/src/judge/sampling.ts";

it.each<ShapeName>([
  "queue",
  "at its limit",
  "timeouts",
])("bounds of samples hold the figures of the whole fleet: %s", async (name) => {
  const figures = await coverageOf(SHAPES[name], 8000, 1000, 12);
  const sum = (of: (one: (typeof figures)[number]) => number): number =>
    figures.reduce((total, one) => total + of(one), 0);
  expect(sum((one) => one.of)).toBe(36);
  expect(sum((one) => one.held)).toBeGreaterThanOrEqual(32);
  // Bounds that hold everything would say nothing.
  for (const { marginMs, fleetMs } of figures) expect(marginMs).toBeLessThan(0.2 * fleetMs);
}, 60_000);

it("the scatter of smaller samples shrinks with the root of the size, and what they are late by is taken off", () => {
  const sizes = { devices: 400, of: 1e12, pilotDevices: 100 };
  // They scatter by 10 ms about the sample's own figure: 5 ms at its size, and Student's t of one degree of freedom.
  const apart = 10 / Math.sqrt(2);
  const even = pilotBounds(1000, [1000 - apart, 1000 + apart], sizes, 0);
  expect(even.fromMs).toBeCloseTo(1000 - 12.706 * 5 - 1, 3);
  expect(even.toMs).toBeCloseTo(1000 + 12.706 * 5 + 1, 3);
  // All of them are 30 ms later than the sample, of which the same is left to the fleet.
  expect(pilotBounds(1000, [1030, 1030], sizes, 0)).toEqual({ fromMs: 969, toMs: 1001 });
  expect(pilotBounds(1000, [970, 970], sizes, 2)).toEqual({ fromMs: 997, toMs: 1033 });
});
