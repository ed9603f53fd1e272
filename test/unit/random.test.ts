import { describe, expect, it } from "vitest";
import { createRandom, hashKey, hashRandom } from "../../engine/src/random.ts";

/** Pearson's statistic of `counts` against equal shares. */
function chiSquare(counts: Uint32Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function histogram(samples: number, bins: number, draw: (index: number) => number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (let i = 0; i < samples; i++) {
    const bin = Math.floor(draw(i) * bins);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

// Critical values of chi-square, 255 degrees of freedom, at 0.001 on either side. Seeds are fixed: no test here is a matter of luck.
const TOO_EVEN = 190.87;
const TOO_UNEVEN = 330.52;

function expectUniform(draw: (index: number) => number): void {
  const statistic = chiSquare(histogram(100_000, 256, draw));
  expect(statistic).toBeGreaterThan(TOO_EVEN);
  expect(statistic).toBeLessThan(TOO_UNEVEN);
}

function correlation(samples: number, x: (index: number) => number, y: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < samples; i++) sum += (x(i) - 0.5) * (y(i) - 0.5);
  return (sum / samples) * 12;
}

describe("hashRandom", () => {
  it("gives the same numbers for the same arguments, for ever", () => {
    expect(hashRandom(42, 7, 0)).toBe(hashRandom(42, 7, 0));
    expect([
      hashRandom(0, 0, 0),
      hashRandom(42, 0, 0),
      hashRandom(42, 1, 0),
      hashRandom(42, 1, 1),
    ]).toMatchInlineSnapshot(`
      [
        0.058990533696487546,
        0.5155499698594213,
        0.9773123145569116,
        0.18768514203839004,
      ]
    `);
  });

  it("is uniform over devices, over draws and over seeds", () => {
    for (const seed of [0, 1, 42, 0xffffffff]) {
      expectUniform((i) => hashRandom(seed, i, 0));
      expectUniform((i) => hashRandom(seed, i, 1));
      expectUniform((i) => hashRandom(seed, 3, i));
    }
    expectUniform((i) => hashRandom(i, 5, 0));
  });

  it("is uniform in its lowest bits", () => {
    expectUniform((i) => (hashRandom(42, i, 0) * 2 ** 24) % 1);
  });

  it("has no correlation between neighbouring devices, draws and seeds", () => {
    // 4.4 standard deviations of 1 / sqrt(samples).
    const limit = 4.4 / Math.sqrt(200_000);
    const here = (i: number) => hashRandom(42, i, 0);
    for (const other of [
      (i: number) => hashRandom(42, i + 1, 0),
      (i: number) => hashRandom(42, i, 1),
      (i: number) => hashRandom(43, i, 0),
      (i: number) => hashRandom(42, 0, i),
      (i: number) => hashRandom(i, 42, 0),
      (i: number) => hashRandom(42, i + 65_536, 0),
    ]) {
      expect(Math.abs(correlation(200_000, here, other))).toBeLessThan(limit);
    }
  });

  it("spreads pairs of consecutive draws evenly over the square", () => {
    const counts = new Uint32Array(256);
    for (let device = 0; device < 100_000; device++) {
      const cell =
        Math.floor(hashRandom(42, device, 0) * 16) * 16 + Math.floor(hashRandom(42, device, 1) * 16);
      counts[cell] = (counts[cell] as number) + 1;
    }
    expect(chiSquare(counts)).toBeGreaterThan(TOO_EVEN);
    expect(chiSquare(counts)).toBeLessThan(TOO_UNEVEN);
  });

  it("never gives two devices of a fleet the same number in one draw", () => {
    const seen = new Set<number>();
    for (let device = 0; device < 300_000; device++) seen.add(hashRandom(42, device, 0));
    expect(seen.size).toBe(300_000);
  });
});

describe("hashKey", () => {
  it("is reproducible, in [0, 1) and a multiple of 2^-53", () => {
    for (let i = 0; i < 10_000; i++) {
      const key = hashKey(42, i, 1);
      expect(key).toBe(hashKey(42, i, 1));
      expect(key >= 0 && key < 1 && Number.isInteger(key * 2 ** 53)).toBe(true);
    }
  });

  it("is uniform, also below its first 32 bits", () => {
    for (const storm of [1, 2]) {
      expectUniform((i) => hashKey(42, i, storm));
      expectUniform((i) => (hashKey(42, i, storm) * 2 ** 27) % 1);
      expectUniform((i) => (hashKey(42, i, storm) * 2 ** 45) % 1);
    }
  });

  it("has no ties among 1,000,000 devices", () => {
    for (const seed of [1, 42]) {
      const keys = new Float64Array(1_000_000);
      for (let i = 0; i < keys.length; i++) keys[i] = hashKey(seed, i, 1);
      keys.sort();
      let ties = 0;
      for (let i = 1; i < keys.length; i++) if (keys[i] === keys[i - 1]) ties++;
      expect(ties).toBe(0);
    }
  });

  it("selects nearly the fraction asked for, and a new choice for each storm and seed", () => {
    const below = (seed: number, storm: number, i: number) => hashKey(seed, i, storm) < 0.25;
    let first = 0;
    let both = 0;
    let bothSeeds = 0;
    for (let i = 0; i < 100_000; i++) {
      if (!below(42, 1, i)) continue;
      first++;
      if (below(42, 2, i)) both++;
      if (below(43, 1, i)) bothSeeds++;
    }
    expect(Math.abs(first - 25_000)).toBeLessThan(450);
    expect(Math.abs(both - 6_250)).toBeLessThan(260);
    expect(Math.abs(bothSeeds - 6_250)).toBeLessThan(260);
  });
});

describe("createRandom", () => {
  it("replays from seed and stream", () => {
    const one = createRandom(42, 3);
    const two = createRandom(42, 3);
    const numbers = Array.from({ length: 100 }, one);
    expect(Array.from({ length: 100 }, two)).toEqual(numbers);
    expect(new Set(numbers).size).toBe(100);
  });

  it("is uniform", () => {
    for (const [seed, stream] of [
      [0, 0],
      [42, 0],
      [42, 1],
      [43, 0],
    ] as const) {
      expectUniform(createRandom(seed, stream));
    }
  });

  it("is uniform over the first draws of many streams, and these are unrelated to the next", () => {
    const first = Float64Array.from({ length: 100_000 }, (_, stream) => createRandom(42, stream)());
    expectUniform((i) => first[i] as number);
    const next = (i: number) => first[(i + 1) % first.length] as number;
    const r = correlation(first.length, (i) => first[i] as number, next);
    expect(Math.abs(r)).toBeLessThan(4.4 / Math.sqrt(first.length));
  });
});
