import { describe, expect, it } from "vitest";
import {
  BACKOFF_POLICIES,
  type BackoffDelay,
  type BackoffSpec,
  createBackoff,
} from "../../../engine/src/device/backoff.ts";
import { hashRandom } from "../../../engine/src/random.ts";

/** The waits before attempts 0, 1, 2 …, each with the same draw. */
function waits(delay: BackoffDelay, count: number, random = 0.5): number[] {
  const list: number[] = [];
  for (let attempt = 0; attempt < count; attempt++) list.push(delay(attempt, list[attempt - 1] ?? 0, random));
  return list;
}

const base = { baseMs: 1000, capMs: 30_000 };

describe("waits by table", () => {
  it("immediate never waits", () => {
    expect(waits(createBackoff({ policy: "immediate" }), 4)).toEqual([0, 0, 0, 0]);
  });

  it("fixed waits base", () => {
    expect(waits(createBackoff({ policy: "fixed", baseMs: 5000 }), 4)).toEqual([5000, 5000, 5000, 5000]);
  });

  it("exponential doubles to the cap", () => {
    const expected = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    expect(waits(createBackoff({ policy: "exponential", ...base }), 7)).toEqual(expected);
  });

  it("doubles exactly, attempt by attempt", () => {
    const delay = createBackoff({ policy: "exponential", baseMs: 1, capMs: 2 ** 50 });
    let expected = 1;
    for (let attempt = 0; attempt <= 50; attempt++, expected *= 2)
      expect(delay(attempt, 0, 0)).toBe(expected);
    expect(delay(51, 0, 0)).toBe(2 ** 50);
  });

  it("exponential takes another factor", () => {
    const delay = createBackoff({ policy: "exponential", baseMs: 100, capMs: 1e6, factor: 3 });
    expect(waits(delay, 4)).toEqual([100, 300, 900, 2700]);
  });

  it("full-jitter, equal-jitter and uniform scale the draw", () => {
    const full = createBackoff({ policy: "full-jitter", ...base });
    expect(waits(full, 7, 0)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(waits(full, 7, 0.5)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    const equal = createBackoff({ policy: "equal-jitter", ...base });
    expect(waits(equal, 7, 0)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(waits(equal, 7, 0.5)).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
    expect(waits(createBackoff({ policy: "uniform", windowMs: 8000 }), 3, 0.25)).toEqual([2000, 2000, 2000]);
  });

  it("decorrelated-jitter starts from base and follows the previous wait", () => {
    const delay = createBackoff({ policy: "decorrelated-jitter", ...base });
    expect(waits(delay, 4, 0)).toEqual([1000, 1000, 1000, 1000]);
    // base + (3 * previous - base) / 2
    expect(waits(delay, 4, 0.5)).toEqual([2000, 3500, 5750, 9125]);
    expect(delay(0, 29_000, 0.5)).toBe(2000);
    expect(delay(9, 30_000, 0.99)).toBe(30_000);
  });
});

describe("variations", () => {
  it("full-jitter with the cap after the draw loses its jitter at the cap", () => {
    const delay = createBackoff({ policy: "full-jitter", ...base, capAfterDraw: true });
    expect(delay(0, 0, 0.5)).toBe(500);
    expect(delay(6, 0, 0.25)).toBe(16_000);
    expect(delay(6, 0, 0.5)).toBe(30_000);
    expect(delay(20, 0, 0.1)).toBe(30_000);
    expect(delay(10_000, 0, 0)).toBe(0);
  });

  it("jitter varies the capped wait, and may exceed the cap", () => {
    const delay = createBackoff({ policy: "exponential", ...base, jitter: 0.25 });
    expect([delay(0, 0, 0), delay(0, 0, 0.5), delay(2, 0, 0.75)]).toEqual([750, 1000, 4500]);
    expect([delay(9, 0, 0), delay(9, 0, 0.5)]).toEqual([22_500, 30_000]);
    expect(delay(9, 0, 0.9)).toBeCloseTo(36_000, 6);
    const fixed = createBackoff({ policy: "fixed", baseMs: 10_000, jitter: 0.1 });
    expect([fixed(0, 0, 0), fixed(7, 0, 0.5)]).toEqual([9000, 10_000]);
  });

  it("cap after the draw and a floor bound the jittered wait", () => {
    const delay = createBackoff({
      policy: "exponential",
      baseMs: 200,
      capMs: 10_000,
      jitter: 0.2,
      capAfterDraw: true,
      floorMs: 1000,
    });
    expect([delay(0, 0, 0.9), delay(3, 0, 0), delay(3, 0, 0.5), delay(6, 0, 0)]).toEqual([
      1000, 1280, 1600, 10_000,
    ]);
  });

  it("stepped jitter gives every step the same share and the tick its own", () => {
    const jitter = { low: 1 / 1.2, high: 1.2, stepMs: 1000 };
    const delay = createBackoff({ policy: "exponential", baseMs: 1000, capMs: 60_000, jitter });
    expect([0, 0.49, 0.5, 0.999].map((random) => delay(0, 0, random))).toEqual([0, 0, 1000, 1000]);
    expect([0, 0.25, 0.5, 0.75, 0.999].map((random) => delay(3, 0, random))).toEqual([
      6000, 7000, 8000, 9000, 9000,
    ]);
    expect([delay(20, 0, 0), delay(20, 0, 0.9999)]).toEqual([50_000, 72_000]);
    const ticking = createBackoff({
      policy: "exponential",
      baseMs: 1000,
      capMs: 60_000,
      jitter: { ...jitter, tickMs: 3000 },
    });
    expect([0, 0.25, 0.5, 0.75].map((random) => ticking(0, 0, random))).toEqual([0, 1500, 1000, 2500]);
  });

  it("lead waits come first, then the policy from its own beginning", () => {
    const delay = createBackoff({ policy: "exponential", ...base, leadMs: [100, 0] });
    expect(waits(delay, 6)).toEqual([100, 0, 1000, 2000, 4000, 8000]);
    const decorrelated = createBackoff({ policy: "decorrelated-jitter", ...base, leadMs: [7] });
    expect(waits(decorrelated, 3, 0.5)).toEqual([7, 2000, 3500]);
  });
});

describe("distribution, fixed seeds", () => {
  const samples = 100_000;
  /** 0.001 critical value of chi-square with 99 degrees of freedom. */
  const critical = 148.23;

  it.each<[string, BackoffSpec, number, number, number]>([
    ["full-jitter", { policy: "full-jitter", ...base }, 3, 0, 8000],
    ["full-jitter at the cap", { policy: "full-jitter", ...base }, 30, 0, 30_000],
    ["equal-jitter", { policy: "equal-jitter", ...base }, 3, 4000, 8000],
    ["decorrelated-jitter", { policy: "decorrelated-jitter", ...base }, 2, 1000, 12_000],
    ["uniform", { policy: "uniform", windowMs: 60_000 }, 5, 0, 60_000],
    ["± 25 %", { policy: "exponential", ...base, jitter: 0.25 }, 2, 3000, 5000],
  ])("%s is uniform between its bounds", (_name, spec, attempt, low, high) => {
    const delay = createBackoff(spec);
    for (const seed of [1, 42]) {
      const counts = new Uint32Array(100);
      let sum = 0;
      for (let device = 0; device < samples; device++) {
        const ms = delay(attempt, 4000, hashRandom(seed, device, attempt));
        sum += ms;
        const bin = Math.floor(((ms - low) / (high - low)) * 100);
        counts[bin] = (counts[bin] as number) + 1;
      }
      // Four standard errors of the mean of a uniform distribution.
      const error = (4 * (high - low)) / Math.sqrt(12 * samples);
      expect(Math.abs(sum / samples - (low + high) / 2)).toBeLessThan(error);
      const expected = samples / 100;
      const statistic = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
      expect(statistic).toBeLessThan(critical);
    }
  });
});

describe("createBackoff", () => {
  it("knows the seven policies", () => {
    expect(BACKOFF_POLICIES).toEqual([
      "immediate",
      "fixed",
      "exponential",
      "full-jitter",
      "equal-jitter",
      "decorrelated-jitter",
      "uniform",
    ]);
  });

  it.each<[BackoffSpec, string]>([
    [{ policy: "fixed", baseMs: -1 }, "backoff baseMs: -1"],
    [{ policy: "fixed", baseMs: Number.NaN }, "backoff baseMs: NaN"],
    [{ policy: "exponential", baseMs: 1, capMs: Infinity }, "backoff capMs: Infinity"],
    [{ policy: "exponential", ...base, factor: 0.5 }, "backoff factor: 0.5"],
    [{ policy: "exponential", ...base, jitter: 1.5 }, "backoff jitter: 1.5"],
    [{ policy: "fixed", baseMs: 1, jitter: { low: 2, high: 1, stepMs: 1 } }, "backoff jitter: low 2, high 1"],
    [{ policy: "fixed", baseMs: 1, jitter: { low: 0, high: 1, stepMs: 0 } }, "backoff jitter.stepMs: 0"],
    [{ policy: "uniform", windowMs: 1, leadMs: [0, -5] }, "backoff leadMs[1]: -5"],
  ])("refuses %j", (spec, message) => {
    expect(() => createBackoff(spec)).toThrow(RangeError);
    expect(() => createBackoff(spec)).toThrow(message);
  });
});
