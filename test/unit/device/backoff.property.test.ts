import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackoffSpec, createBackoff, longestBackoffMs } from "../../../engine/src/device/backoff.ts";
import { PRESET_NAMES, PRESETS } from "../../../engine/src/device/backoff-presets.ts";
import { hashRandom } from "../../../engine/src/random.ts";

/** 0, or at least a microsecond: what a script can say. */
const durationMs = fc.oneof(
  fc.integer({ min: 0, max: 86_400_000 }),
  fc.double({ min: 0.001, max: 1e9, noNaN: true }),
);
const random = fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true });
const attempt = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10_000 }));
const factor = fc.constantFrom(1, 1.5, 2, 3, 10);
const growth = { baseMs: durationMs, capMs: durationMs, factor };
const jitter = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.record({
    low: fc.double({ min: 0, max: 1, noNaN: true }),
    high: fc.double({ min: 1, max: 3, noNaN: true }),
    stepMs: fc.integer({ min: 1, max: 5000 }),
    tickMs: fc.integer({ min: 0, max: 5000 }),
  }),
);

const anySpec: fc.Arbitrary<BackoffSpec> = fc.oneof(
  fc.constant<BackoffSpec>({ policy: "immediate" }),
  fc.record({ policy: fc.constant("fixed" as const), baseMs: durationMs, jitter }),
  fc.record({
    policy: fc.constant("exponential" as const),
    ...growth,
    jitter,
    capAfterDraw: fc.boolean(),
    floorMs: durationMs,
  }),
  fc.record({ policy: fc.constant("full-jitter" as const), ...growth, capAfterDraw: fc.boolean() }),
  fc.record({ policy: fc.constant("equal-jitter" as const), ...growth }),
  fc.record({ policy: fc.constant("decorrelated-jitter" as const), baseMs: durationMs, capMs: durationMs }),
  fc.record({ policy: fc.constant("uniform" as const), windowMs: durationMs }),
);

/** min(cap, base * factor^n) by multiplication, stopping at the cap. */
function ceiling(baseMs: number, capMs: number, n: number, growBy: number): number {
  let value = baseMs;
  for (let i = 0; i < n && value < capMs && value > 0 && growBy > 1; i++) value *= growBy;
  return Math.min(value, capMs);
}

const within = (value: number, low: number, high: number): void => {
  const slack = 1e-9 * (1 + high);
  expect(value).toBeGreaterThanOrEqual(low - slack);
  expect(value).toBeLessThanOrEqual(high + slack);
};

describe("every policy", () => {
  it("gives a finite wait that is not negative, for any attempt, previous wait and draw", () => {
    fc.assert(
      fc.property(anySpec, attempt, durationMs, random, (spec, n, previousMs, draw) => {
        const ms = createBackoff(spec)(n, previousMs, draw);
        expect(Number.isFinite(ms) && ms >= 0).toBe(true);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("never exceeds the longest wait that is said of it, and comes close to it", () => {
    fc.assert(
      fc.property(anySpec, attempt, durationMs, random, (spec, n, previousMs, draw) => {
        const ms = createBackoff(spec)(n, previousMs, draw);
        expect(ms).toBeLessThanOrEqual(longestBackoffMs(spec) * (1 + 1e-9) + 1e-6);
      }),
      { numRuns: 5000, seed: 3 },
    );
    const limits = PRESET_NAMES.map((name) => [name, longestBackoffMs(PRESETS[name].spec)]);
    for (const [name, limitMs] of limits as [keyof typeof PRESETS, number][]) {
      const delay = createBackoff(PRESETS[name].spec);
      const waits = Array.from({ length: 40 }, (_, n) => delay(n, limitMs, 1 - 2 ** -30));
      expect(Math.max(...waits) / limitMs, name).toBeGreaterThan(0.99);
    }
  });

  it("stays within the bounds of its formula", () => {
    fc.assert(
      fc.property(durationMs, durationMs, factor, attempt, random, (baseMs, capMs, growBy, n, draw) => {
        const temp = ceiling(baseMs, capMs, n, growBy);
        const at = (spec: BackoffSpec) => createBackoff(spec)(n, 0, draw);
        within(at({ policy: "exponential", baseMs, capMs, factor: growBy }), temp, temp);
        within(at({ policy: "full-jitter", baseMs, capMs, factor: growBy }), 0, temp);
        within(at({ policy: "full-jitter", baseMs, capMs, factor: growBy, capAfterDraw: true }), 0, temp);
        within(at({ policy: "equal-jitter", baseMs, capMs, factor: growBy }), temp / 2, temp);
        within(
          at({ policy: "exponential", baseMs, capMs, factor: growBy, jitter: 0.25 }),
          temp * 0.75,
          temp * 1.25,
        );
        within(at({ policy: "fixed", baseMs }), baseMs, baseMs);
        within(at({ policy: "uniform", windowMs: capMs }), 0, capMs);
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  it("decorrelated-jitter stays between base and three times the previous wait, below the cap", () => {
    fc.assert(
      fc.property(
        durationMs,
        durationMs,
        fc.array(random, { minLength: 1, maxLength: 50 }),
        (a, b, draws) => {
          const [baseMs, capMs] = a < b ? [a, b] : [b, a];
          const delay = createBackoff({ policy: "decorrelated-jitter", baseMs, capMs });
          let previous = baseMs;
          draws.forEach((draw, n) => {
            const ms = delay(n, n === 0 ? 0 : previous, draw);
            within(ms, baseMs, Math.min(capMs, 3 * previous));
            previous = ms;
          });
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });

  it("is a function of its arguments alone", () => {
    fc.assert(
      fc.property(anySpec, attempt, durationMs, random, (spec, n, previousMs, draw) => {
        const delay = createBackoff(spec);
        const first = delay(n, previousMs, draw);
        delay(n + 1, previousMs, 0.5);
        expect(delay(n, previousMs, draw)).toBe(first);
        expect(createBackoff(spec)(n, previousMs, draw)).toBe(first);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it("survives 10,000 attempts in a row, presets included", () => {
    const specs: BackoffSpec[] = [
      ...PRESET_NAMES.map((name) => PRESETS[name].spec),
      { policy: "immediate" },
      { policy: "exponential", baseMs: 1000, capMs: Number.MAX_SAFE_INTEGER },
      { policy: "exponential", baseMs: 0, capMs: 1000, jitter: 0.5, capAfterDraw: true },
      { policy: "full-jitter", baseMs: 1000, capMs: 30_000 },
      { policy: "full-jitter", baseMs: 0, capMs: 0, capAfterDraw: true },
      { policy: "equal-jitter", baseMs: 1000, capMs: 30_000 },
      { policy: "decorrelated-jitter", baseMs: 1000, capMs: 30_000 },
      { policy: "uniform", windowMs: 10_000 },
    ];
    for (const spec of specs) {
      const delay = createBackoff(spec);
      let previous = 0;
      let bad = 0;
      for (let n = 0; n <= 10_000; n++) {
        previous = delay(n, previous, n % 7 === 0 ? 0 : hashRandom(42, 1, n));
        if (!Number.isFinite(previous) || previous < 0) bad++;
      }
      expect(bad, JSON.stringify(spec)).toBe(0);
    }
  });
});
