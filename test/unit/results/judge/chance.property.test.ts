import fc from "fast-check";
import { expect, it } from "vitest";
import { compareTimes, type Times } from "../../../../results/src/judge/chance.ts";
import { histogramOf } from "../../../support/run-files.ts";

/** @param lost devices that never came */
const times = (valuesMs: readonly number[], lost = 0): Times => ({
  histogram: histogramOf(valuesMs.map((ms) => Math.round(ms * 1000))),
  total: valuesMs.length + lost,
});
const many = (n: number, slow: number) => Array.from({ length: n }, (_, i) => slow * (100 + i));

it("finds the slower run where all of it is twice as slow, and none where they are alike", () => {
  const [a, b] = [times(many(400, 1)), times(many(400, 2))];
  for (const percentile of [50, 90, 99]) {
    expect(compareTimes(a, b, percentile).difference).toBe("slower");
    expect(compareTimes(b, a, percentile).difference).toBe("faster");
    expect(compareTimes(a, times(many(400, 1.01)), percentile).difference).toBe("chance");
  }
});

it("says nothing of the last device, nor where nobody got there", () => {
  expect(compareTimes(times(many(400, 1)), times(many(400, 2)), 100).difference).toBe("none");
  expect(compareTimes(times([], 50), times([], 50), 50)).toMatchObject({
    a: null,
    b: null,
    difference: "none",
  });
});

it("counts devices that never came as later than all", () => {
  expect(compareTimes(times(many(400, 1)), times(many(300, 1), 100), 90)).toMatchObject({
    b: null,
    difference: "slower",
  });
});

it("says the opposite of the two the other way round", () => {
  const other = { slower: "faster", faster: "slower", chance: "chance", none: "none" } as const;
  const run = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(run, run, fc.nat(20), fc.constantFrom(50, 90, 99), (a, b, lost, percentile) => {
      const [one, two] = [times(a, lost), times(b)];
      expect(compareTimes(two, one, percentile).difference).toBe(
        other[compareTimes(one, two, percentile).difference],
      );
    }),
  );
});

it("takes two draws of the same times for different no oftener than 1 in 10", () => {
  let state = 7;
  const random = (): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (state + 0.5) / 2 ** 31;
  };
  const draw = () => times(Array.from({ length: 200 }, () => -1000 * Math.log(random())));
  for (const percentile of [50, 90, 99]) {
    const apart = Array.from(
      { length: 400 },
      () => compareTimes(draw(), draw(), percentile).difference,
    ).filter((difference) => difference !== "chance" && difference !== "none");
    expect(apart.length).toBeLessThan(40);
  }
});
