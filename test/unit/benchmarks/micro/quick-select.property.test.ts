import fc from "fast-check";
import { expect, it } from "vitest";
import { quickSelect } from "../../../../benchmarks/micro/selection.bench.ts";

it("finds what a sort finds", () => {
  fc.assert(
    fc.property(
      // There are few different keys as well: with equal ones such a loop may not end.
      fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 3 })), { minLength: 1 }),
      fc.nat(),
      (keys, at) => {
        const rank = at % keys.length;
        const sorted = Float64Array.from(keys).sort();
        // A sort tells -0 from 0, a comparison does not.
        expect(quickSelect(Float64Array.from(keys), rank) === sorted[rank]).toBe(true);
      },
    ),
  );
});
