import fc from "fast-check";
import { expect, it } from "vitest";
import { interleave } from "../../../../results/src/comparison/order.ts";

it("runs every broker once in every round, and begins each round with the next one", () => {
  expect(
    interleave(["a", "b", "c"], 4)
      .map(({ contestant }) => contestant)
      .join(""),
  ).toBe("abcbcacababc");
});

it("runs every broker once in every round (property)", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (names, rounds) => {
        const plan = interleave(names, rounds);
        for (let round = 1; round <= rounds; round++) {
          const ran = plan.filter((one) => one.round === round).map(({ contestant }) => contestant);
          expect(ran.sort()).toEqual([...names].sort());
        }
        expect(plan).toHaveLength(names.length * rounds);
      },
    ),
  );
});
