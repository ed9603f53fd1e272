import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bracketOf,
  nextToTry,
  type Space,
  type Tried,
  triesLeft,
} from "../../../../results/src/forecasting/boundary.ts";

const TOLERANCE = 0.02;

const spaces = fc
  .record({
    lowest: fc.integer({ min: 1, max: 1000 }),
    size: fc.integer({ min: 0, max: 1_000_000 }),
    start: fc.integer({ min: 1, max: 2_000_000 }),
    holds: fc.constantFrom<Space["holds"]>("below", "above"),
    bothWays: fc.boolean(),
  })
  .map(({ lowest, size, start, ...others }): Space => {
    return { lowest, highest: lowest + size, start, ...others, tolerance: TOLERANCE };
  });

function search(space: Space, holds: (value: number) => boolean, most = 200): Tried[] {
  const tried: Tried[] = [];
  for (;;) {
    const value = nextToTry(space, tried);
    if (value === null) return tried;
    expect(tried.length, "tries").toBeLessThan(most);
    tried.push({ value, holds: holds(value) });
  }
}

/** As narrow as was asked, or as whole numbers can be. */
function isNarrow(low: number, high: number): boolean {
  return high - low <= Math.max(1, low * TOLERANCE);
}

describe("the search of a boundary", () => {
  it("brackets the boundary of outcomes that change once, as a look at every value would", () => {
    fc.assert(
      fc.property(spaces, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (space, at) => {
        const { lowest, highest } = space;
        // The last value on the lower side, of all of them: it may lie beyond either end.
        const last = Math.floor(lowest + (highest - lowest) * at);
        const isLower = (value: number): boolean => value <= last;
        const tried = search(space, (value) => isLower(value) === (space.holds === "below"));
        const { holds, fails } = bracketOf(space, tried);
        const [low, high] = space.holds === "below" ? [holds, fails] : [fails, holds];
        if (space.bothWays && holds === null) {
          expect(tried.map(({ value }) => value)).toContain(space.holds === "below" ? lowest : highest);
        } else if (last < lowest) expect([low, high]).toEqual([null, lowest]);
        else if (last >= highest) expect([low, high]).toEqual([highest, null]);
        else {
          expect(low).toBeLessThanOrEqual(last);
          expect(high).toBeGreaterThan(last);
          expect(isNarrow(low ?? 0, high ?? 0), `${low} ${high}`).toBe(true);
        }
      }),
    );
  });

  it("claims of outcomes that change anywhere no more than what it tried", () => {
    fc.assert(
      fc.property(spaces, fc.integer(), (space, seed) => {
        const holds = (value: number): boolean => ((Math.imul(value ^ seed, 0x9e3779b1) >>> 13) & 1) === 1;
        const tried = search(space, holds);
        expect(new Set(tried.map(({ value }) => value)).size, "no value twice").toBe(tried.length);
        for (const { value } of tried) {
          expect(Number.isInteger(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(space.lowest);
          expect(value).toBeLessThanOrEqual(space.highest);
        }
        const bracket = bracketOf(space, tried);
        const values = tried.map(({ value }) => value);
        if (bracket.holds !== null) {
          expect(values).toContain(bracket.holds);
          expect(holds(bracket.holds)).toBe(true);
        }
        if (bracket.fails !== null) {
          expect(values).toContain(bracket.fails);
          expect(holds(bracket.fails)).toBe(false);
        }
        // One end is missing only where the search went to the end of the space on that side.
        if (bracket.holds === null)
          expect(values).toContain(space.holds === "below" ? space.lowest : space.highest);
        if (bracket.fails === null)
          expect(values).toContain(space.holds === "below" ? space.highest : space.lowest);
        if (bracket.holds !== null && bracket.fails !== null) {
          const ends = [bracket.holds, bracket.fails].sort((a, b) => a - b);
          expect(isNarrow(ends[0] ?? 0, ends[1] ?? 0)).toBe(true);
        }
      }),
    );
  });

  it("says beforehand how many tries there will be at most, and at any time how many are left", () => {
    fc.assert(
      fc.property(spaces, fc.integer(), (space, seed) => {
        const holds = (value: number): boolean => ((Math.imul(value ^ seed, 0x9e3779b1) >>> 13) & 1) === 1;
        const tried = search(space, holds);
        for (let n = 0; n <= tried.length; n++) {
          expect(triesLeft(space, tried.slice(0, n)), `after ${n}`).toBeGreaterThanOrEqual(tried.length - n);
        }
        expect(triesLeft(space, tried)).toBe(0);
        expect(triesLeft(space, [])).toBeLessThan(space.bothWays ? 80 : 60);
      }),
    );
  });

  it("finds what holds below the start where more does not, if it is to look both ways", () => {
    const space: Space = { lowest: 1, highest: 4000, start: 1000, holds: "above", tolerance: TOLERANCE };
    const isEnough = (value: number): boolean => value >= 90 && value <= 300;
    const one = search(space, isEnough);
    expect(bracketOf(space, one)).toEqual({ holds: null, fails: 4000 });
    const both = search({ ...space, bothWays: true }, isEnough);
    expect(both.slice(0, 7).map(({ value }) => value)).toEqual([1000, 2000, 4000, 500, 250, 125, 62]);
    const { holds, fails } = bracketOf(space, both);
    expect([holds, fails]).toEqual([90, 89]);
    // Where nothing is enough, it has looked down to the lowest.
    const none = search({ ...space, bothWays: true }, () => false);
    expect(none.at(-1)?.value).toBe(1);
  });

  it("knows by then what it found, wherever it is stopped", () => {
    const space: Space = { lowest: 1, highest: 1000, start: 100, holds: "below", tolerance: TOLERANCE };
    const tried = search(space, (value) => value <= 300);
    expect(tried.map(({ value }) => value)).toEqual([100, 200, 400, 283, 336, 308, 295, 301, 298]);
    expect(bracketOf(space, tried.slice(0, 2))).toEqual({ holds: 200, fails: null });
    expect(bracketOf(space, tried.slice(0, 5))).toEqual({ holds: 283, fails: 336 });
    expect(bracketOf(space, [])).toEqual({ holds: null, fails: null });
  });
});
