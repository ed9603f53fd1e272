import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { better, offsetOf } from "../../../engine/src/storm/clock-offset.ts";

/** A question and its answer between two clocks, as messages that take so long carry it. */
const exchange = (aheadMs: number, thereMs: number, backMs: number, atMs = 1_000_000) => ({
  askedAtMs: atMs + aheadMs,
  heardAtMs: atMs + thereMs,
  answeredAtMs: atMs + thereMs + 3,
  gotAtMs: atMs + thereMs + 3 + backMs + aheadMs,
});

describe("the offset of one exchange", () => {
  it("is exact where both ways take as long, and is not moved by the time that the other one took to answer", () => {
    expect(offsetOf(exchange(2000, 5, 5), "a-1")).toEqual({
      reference: "a-1",
      offsetMs: 2000,
      uncertaintyMs: 5,
      measuredAtMs: 1_002_013,
    });
  });

  it("is within its uncertainty, whatever the ways are", () => {
    const way = fc.double({ min: 0, max: 10_000, noNaN: true });
    const ahead = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(ahead, way, way, (aheadMs, thereMs, backMs) => {
        const { offsetMs, uncertaintyMs } = offsetOf(exchange(aheadMs, thereMs, backMs), "a-1");
        expect(Math.abs(offsetMs - aheadMs)).toBeLessThanOrEqual(uncertaintyMs + 1e-6);
      }),
    );
  });
});

describe("of several exchanges", () => {
  it("the one with the shortest way counts, however many there are", () => {
    const way = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ there: way, back: way }), { minLength: 1 }), (ways) => {
        const offsets = ways.map(({ there, back }) => offsetOf(exchange(70, there, back), "a-1"));
        const best = offsets.reduce<(typeof offsets)[0] | null>((known, next) => better(known, next), null);
        expect(best?.uncertaintyMs).toBeCloseTo(Math.min(...offsets.map((one) => one.uncertaintyMs)), 1);
      }),
    );
  });

  it("one that is old gives way to one that is worse: clocks drift by up to 15 µs a second", () => {
    const old = offsetOf(exchange(0, 1, 1), "a-1");
    const worse = (afterMs: number) => offsetOf(exchange(0, 2, 2, 1_000_000 + afterMs), "a-1");
    expect(better(old, worse(60_000))).toBe(old);
    const late = worse(70_000);
    expect(better(old, late)).toBe(late);
  });

  it("one against another clock takes the place of what was known", () => {
    const next = offsetOf(exchange(0, 50, 50), "a-0");
    expect(better(offsetOf(exchange(0, 1, 1), "a-1"), next)).toBe(next);
  });
});
