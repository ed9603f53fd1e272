import { describe, expect, it } from "vitest";
import { Histograms, toMicroseconds } from "../../../engine/src/capture/histograms.ts";

interface Taken {
  tag: string;
  count: number;
  largest: number;
}

/** Every histogram of the interval. */
function take(histograms: Histograms): Taken[] {
  const taken: Taken[] = [];
  histograms.takeInterval((one) =>
    taken.push({ tag: one.tag, count: one.totalCount, largest: one.maxValue }),
  );
  return taken;
}

describe("toMicroseconds", () => {
  it.each([
    [-5, 1],
    [0, 1],
    [0.0004, 1],
    [0.0016, 2],
    [1, 1000],
    [12.3456, 12_346],
    [7_199_999.9999, 7_200_000_000],
    [7_200_001, 7_200_000_000],
    [Number.POSITIVE_INFINITY, 7_200_000_000],
  ])("%f ms: %i", (ms, us) => {
    expect(toMicroseconds(ms)).toBe(us);
  });
});

describe("takeInterval", () => {
  it("gives each value once: what it gave is empty afterwards and keeps its tag", () => {
    const histograms = new Histograms();
    const a = histograms.get("a");
    histograms.get("empty");
    a.recordValue(100);
    a.recordValue(200);
    histograms.get("b").recordValue(7);
    expect(take(histograms)).toEqual([
      { tag: "a", count: 2, largest: 200 },
      { tag: "b", count: 1, largest: 7 },
    ]);
    expect(take(histograms)).toEqual([]);
    // The recorder holds on to what `get` returned.
    a.recordValue(5);
    expect(histograms.get("a")).toBe(a);
    expect(take(histograms)).toEqual([{ tag: "a", count: 1, largest: 5 }]);
  });
});

describe("values", () => {
  it("are held to three significant digits over the whole range", () => {
    for (const us of [1, 999, 12_345, 1_234_567, 987_654_321, 4_300_000_000, 7_200_000_000]) {
      const one = new Histograms().get("x");
      one.recordValue(us);
      expect(one.totalCount).toBe(1);
      const read = one.getValueAtPercentile(100);
      expect(Math.abs(read - us) / us).toBeLessThanOrEqual(0.001);
    }
  });

  it("beyond the range are held at its end", () => {
    const one = new Histograms().get("x");
    one.recordValue(toMicroseconds(Number.POSITIVE_INFINITY));
    one.recordValue(toMicroseconds(1));
    expect(one.totalCount).toBe(2);
    expect(Math.abs(one.maxValue - 7_200_000_000) / 7_200_000_000).toBeLessThanOrEqual(0.001);
    expect(one.getValueAtPercentile(50)).toBe(1000);
  });
});
