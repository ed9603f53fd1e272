import { describe, expect, it } from "vitest";
import { idleStretches } from "../../../../results/src/judge/idle.ts";

type Point = { tMs: number; connectAttemptsPerS: number; configRequestsPerS: number; readyPerS: number };

/** One point each 100 ms; connects are `busy` within the stretches, else `quiet`. */
function load(
  lengthMs: number,
  stretches: readonly [number, number][],
  quiet = 0,
): { points: Point[]; peak: Omit<Point, "tMs"> } {
  const points = Array.from({ length: lengthMs / 100 + 1 }, (_, i) => {
    const tMs = i * 100;
    const isBusy = stretches.some(([from, to]) => tMs >= from && tMs <= to);
    return { tMs, connectAttemptsPerS: isBusy ? 500 : quiet, configRequestsPerS: 0, readyPerS: 0 };
  });
  return { points, peak: { connectAttemptsPerS: 500, configRequestsPerS: 0, readyPerS: 0 } };
}

describe("idle stretches", () => {
  it("are those between what happens, a second away from it", () => {
    const { points, peak } = load(120_000, [
      [0, 5000],
      [60_000, 70_000],
    ]);
    expect(idleStretches({ points, peak }, [60_000])).toEqual([
      { fromMs: 6000, toMs: 59_000 },
      { fromMs: 71_000, toMs: 120_000 },
    ]);
  });

  it("may have one in a hundred of what is usual, and no more", () => {
    expect(idleStretches(load(60_000, [[0, 5000]], 5), [])).toHaveLength(1);
    expect(idleStretches(load(60_000, [[0, 5000]], 6), [])).toEqual([]);
  });

  it("never hide the instant of a storm, though nothing came of it", () => {
    const stretches = idleStretches(load(100_000, [[0, 5000]]), [50_000]);
    expect(stretches).toEqual([
      { fromMs: 6000, toMs: 49_000 },
      { fromMs: 51_000, toMs: 100_000 },
    ]);
  });

  it("are not where nothing was recorded, nor where they are too short to be worth it", () => {
    const { points, peak } = load(100_000, [[0, 5000]]);
    const gap = points.filter(({ tMs }) => tMs < 20_000 || tMs > 80_000);
    expect(idleStretches({ points: gap, peak }, [])).toEqual([
      { fromMs: 6000, toMs: 18_900 },
      { fromMs: 81_100, toMs: 100_000 },
    ]);
    expect(
      idleStretches(
        load(20_000, [
          [0, 5000],
          [10_000, 20_000],
        ]),
        [],
      ),
    ).toEqual([]);
    expect(idleStretches(load(20_000, []), [])).toHaveLength(1);
    expect(
      idleStretches(
        { ...load(20_000, []), peak: { connectAttemptsPerS: 0, configRequestsPerS: 0, readyPerS: 0 } },
        [],
      ),
    ).toEqual([]);
  });
});
