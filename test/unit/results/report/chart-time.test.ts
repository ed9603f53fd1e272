import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  folded,
  foldWidth,
  leftOut,
  sameMoment,
  timeSplits,
  unfolded,
} from "../../../../results/src/report/chart-time.ts";

type Folds = [number, number][];

/** Up to five folds within 1,000 s. */
const folds = fc
  .uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 10 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map(
    (ends): Folds =>
      ends.flatMap((from, i) => (i % 2 === 0 && ends[i + 1] ? [[from, ends[i + 1] as number]] : [])),
  );
const times = fc.double({ min: 0, max: 1000, noNaN: true });

describe("an axis of time with folds", () => {
  it("leads there and back, and keeps the order of times", () => {
    fc.assert(
      fc.property(folds, times, times, (all, a, b) => {
        const width = all.length === 0 ? 0 : foldWidth(all, [0, 1000]);
        expect(unfolded(all, width, folded(all, width, a))).toBeCloseTo(a, 6);
        const [least, most] = [Math.min(a, b), Math.max(a, b)];
        expect(folded(all, width, least)).toBeLessThanOrEqual(folded(all, width, most) + 1e-9);
      }),
    );
  });

  it("gives a fold 3 % of what is left, whatever it hides", () => {
    const all: Folds = [[10, 510]];
    const width = foldWidth(all, [0, 600]);
    expect(width).toBeCloseTo(3, 9);
    expect(folded(all, width, 600)).toBeCloseTo(103, 9);
    expect(folded(all, width, 10)).toBe(10);
    expect(folded(all, width, 510)).toBeCloseTo(13, 9);
  });

  it("has round labels that are apart, and none inside a fold", () => {
    fc.assert(
      fc.property(folds, fc.integer({ min: 2, max: 20 }), (all, most) => {
        const width = all.length === 0 ? 0 : foldWidth(all, [0, 1000]);
        const splits = timeSplits(all, width, [0, 1000], most);
        expect(splits.length).toBeLessThanOrEqual(most * 1.3 + 1);
        const length = folded(all, width, 1000);
        for (const [i, x] of splits.entries()) {
          expect(all.some(([from, to]) => x > from && x < to)).toBe(false);
          const before = splits[i - 1];
          if (before === undefined) continue;
          const apart = folded(all, width, x) - folded(all, width, before);
          expect(apart).toBeGreaterThanOrEqual((length / most) * 0.8 - 1e-6);
        }
      }),
    );
    expect(timeSplits([], 0, [0, 50], 10)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  });

  it("knows the same moment on the run's axis and on a storm's", () => {
    const axis = (name: string, zeroS: number | null) => ({ name, zeroS, folds: [], views: [] });
    expect(sameMoment(12, axis("run", 0), axis("storm", 10))).toBe(2);
    expect(sameMoment(2, axis("storm", 10), axis("run", 0))).toBe(12);
    expect(sameMoment(2, axis("storm", 10), axis("storm", 60))).toBe(2);
    expect(sameMoment(2, axis("storm", null), axis("run", 0))).toBeNull();
  });

  it("says what of a stretch is folded", () => {
    const all: Folds = [
      [10.2, 19.8],
      [30, 40],
    ];
    expect(leftOut(all, [0, 25])).toBe("10 to 20 s");
    expect(leftOut(all, [0, 100])).toBe("10 to 20 s, 30 to 40 s");
    expect(leftOut(all, [20, 30])).toBe("");
  });
});
