import fc from "fast-check";
import { expect, it } from "vitest";
import { type Cost, frontierOf } from "../../../../results/src/forecasting/frontier.ts";

/** Few different values, so that many are equal in one or both. */
const costs = fc.array(
  fc.option(fc.record({ timeMs: fc.integer({ min: 0, max: 8 }), load: fc.integer({ min: 0, max: 8 }) }), {
    freq: 5,
  }),
  { maxLength: 40 },
);

function isBetter(a: Cost, b: Cost): boolean {
  return a.timeMs <= b.timeMs && a.load <= b.load && (a.timeMs < b.timeMs || a.load < b.load);
}

it("the frontier is what no other is better than, as a look at all pairs says", () => {
  fc.assert(
    fc.property(costs, (all) => {
      const reference = all.map(
        (one) => one !== null && !all.some((other) => other !== null && isBetter(other, one)),
      );
      expect(frontierOf(all)).toEqual(reference);
    }),
    { numRuns: 1000 },
  );
});
