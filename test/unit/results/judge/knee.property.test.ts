import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kneeOf, type LoadSecond } from "../../../../results/src/judge/knee.ts";

/** A second has so many rows in a timeline, at whose ends the customers inside are counted. */
const ROWS = 10;

interface Server {
  perS: number;
  /** Of each customer beyond its turn, milliseconds: a way there and back. */
  aroundMs: number;
}

/**
 * One server, first in, first out, constant work (D/D/1 where arrivals are even, M/D/1 where they are at random), under a load of
 * so many per second in each second.
 */
function simulated({ perS, aroundMs }: Server, rates: readonly number[], wait: () => number): LoadSecond[] {
  const arrivedMs: number[] = [];
  const leftMs: number[] = [];
  let freeMs = 0;
  let nowMs = 0;
  rates.forEach((rate, second) => {
    nowMs = Math.max(nowMs, second * 1000);
    for (;;) {
      nowMs += wait() * (1000 / rate);
      if (nowMs >= (second + 1) * 1000) break;
      freeMs = Math.max(freeMs, nowMs) + 1000 / perS;
      arrivedMs.push(nowMs);
      leftMs.push(freeMs + aroundMs);
    }
  });
  const counted = (times: readonly number[], toMs: number): number => times.filter((ms) => ms < toMs).length;
  return rates.map((_, second): LoadSecond => {
    const fromMs = second * 1000;
    const insides = Array.from({ length: ROWS }, (__, row) => {
      const endMs = fromMs + ((row + 1) * 1000) / ROWS;
      return counted(arrivedMs, endMs) - counted(leftMs, endMs);
    });
    return {
      offered: counted(arrivedMs, fromMs + 1000) - counted(arrivedMs, fromMs),
      served: counted(leftMs, fromMs + 1000) - counted(leftMs, fromMs),
      inside: insides.reduce((a, b) => a + b, 0) / ROWS,
    };
  });
}

/** About a tenth more each second. */
function ramp(from: number, to: number): number[] {
  const seconds = Math.ceil(Math.log(to / from) / Math.log(1.1));
  return Array.from({ length: seconds }, (_, i) => from * 1.1 ** i);
}

const even = (): number => 1;

describe("the knee of a server whose capacity is known", () => {
  it("is its capacity within 10 %, whatever its latency, where arrivals are even", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 40, max: 700, noNaN: true }),
        fc.integer({ min: 0, max: 80 }),
        (perS, aroundMs) => {
          const knee = kneeOf(simulated({ perS, aroundMs }, ramp(10, 1000), even), aroundMs + 1000 / perS);
          expect(knee.kind).toBe("knee");
          if (knee.kind !== "knee") return;
          expect(Math.abs(knee.perS / perS - 1)).toBeLessThan(0.1);
          expect(knee.lowPerS).toBeLessThanOrEqual(knee.perS);
          expect(knee.highPerS).toBeGreaterThanOrEqual(knee.perS);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is its capacity within 15 % where arrivals are at random, for then it waits below its capacity", () => {
    fc.assert(
      fc.property(fc.double({ min: 200, max: 700, noNaN: true }), fc.integer(), (perS, seed) => {
        const random = randomOf(seed);
        const poisson = (): number => -Math.log(1 - random());
        const knee = kneeOf(simulated({ perS, aroundMs: 5 }, ramp(20, 1000), poisson), 5 + 1000 / perS);
        expect(knee.kind).toBe("knee");
        if (knee.kind === "knee") expect(Math.abs(knee.perS / perS - 1)).toBeLessThan(0.15);
      }),
      { numRuns: 40 },
    );
  });

  it("is none where the load stays below it, and names the highest rate that was served", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), (aroundMs) => {
        const rates = ramp(10, 400);
        const knee = kneeOf(simulated({ perS: 600, aroundMs }, rates, even), aroundMs + 2);
        expect(knee.kind).toBe("none");
        if (knee.kind !== "none") return;
        expect(knee.atLeastPerS / (rates.at(-1) ?? 0)).toBeCloseTo(1, 1);
      }),
      { numRuns: 20 },
    );
  });
});

describe("what is no knee", () => {
  const calm = (offered: number): LoadSecond => ({ offered, served: offered, inside: offered * 0.01 });

  it("a pause of two seconds", () => {
    const seconds = ramp(10, 500).map(calm);
    seconds[20] = { offered: 70, served: 0, inside: 60 };
    seconds[21] = { offered: 75, served: 145, inside: 60 };
    expect(kneeOf(seconds, 10).kind).toBe("none");
  });

  it("a load that was too much from its beginning", () => {
    const seconds = Array.from(
      { length: 10 },
      (_, i): LoadSecond => ({ offered: 200, served: 100, inside: 100 * i + 50 }),
    );
    expect(kneeOf(seconds, 10)).toEqual({
      kind: "unknown",
      why: "already its lightest load was not served in time: begin with less",
    });
  });

  it("hardly any load", () => {
    expect(kneeOf([calm(10), calm(10)], 10)).toEqual({
      kind: "unknown",
      why: "there were only 2 seconds of load",
    });
  });

  it("a service that collapses has its knee before that, not at what it still serves", () => {
    const seconds = ramp(10, 500).map((offered) =>
      offered < 200 ? calm(offered) : { offered, served: 20, inside: offered },
    );
    const knee = kneeOf(seconds, 10);
    expect(knee.kind === "knee" && knee.perS).toBeGreaterThan(170);
  });
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
