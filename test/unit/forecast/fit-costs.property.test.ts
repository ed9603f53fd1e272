import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitCosts } from "../../../engine/src/forecast/fit-costs.ts";

const cost = fc.double({ min: 0.3, max: 2, noNaN: true });
const costs = fc.tuple(cost, cost, cost);

const total = (amounts: readonly number[], of: readonly number[]): number =>
  amounts.reduce((sum, amount, i) => sum + amount * (of[i] as number), 0);

describe("costs that knees tell", () => {
  it("are what was believed where there is no knee", () => {
    expect(fitCosts([1, 2, 3], [])).toEqual([1, 2, 3]);
  });

  it("are all scaled alike by one knee, which they then satisfy", () => {
    fc.assert(
      fc.property(costs, costs, fc.tuple(cost, cost, cost), (believed, truth, amounts) => {
        const found = fitCosts(believed, [{ amounts, totalMs: total(amounts, truth) }]);
        const factors = found.map((one, i) => one / (believed[i] as number));
        for (const factor of factors) expect(factor / (factors[0] as number)).toBeCloseTo(1, 6);
        expect(total(amounts, found) / total(amounts, truth)).toBeCloseTo(1, 6);
      }),
    );
  });

  it("are the true ones where there are as many knees of unlike mixes as kinds of work", () => {
    const mixes = [
      [1, 2, 2],
      [1, 0, 0],
      [1, 8, 0],
    ];
    fc.assert(
      fc.property(costs, costs, (believed, truth) => {
        const found = fitCosts(
          believed,
          mixes.map((amounts) => ({ amounts, totalMs: total(amounts, truth) })),
        );
        for (const [i, one] of found.entries()) expect(one / (truth[i] as number)).toBeCloseTo(1, 3);
      }),
    );
  });

  it("take a second knee of the same mix for nothing new", () => {
    const amounts = [1, 2, 2];
    const found = fitCosts(
      [1, 1, 1],
      [
        { amounts, totalMs: 10 },
        { amounts, totalMs: 10 },
      ],
    );
    for (const one of found) expect(one).toBeCloseTo(2, 6);
  });
});
