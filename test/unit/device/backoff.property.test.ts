import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackoffSpec, createBackoff, longestBackoffMs } from "../../../engine/src/device/backoff.ts";
import { PRESET_NAMES, PRESETS } from "../../../engine/src/device/backoff-presets.ts";
import { hashRandom } from "../../../engine/src/random.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { scriptWith, withStorm } from "../script/good-script.ts";

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

/** Numbers of a script are seconds. */
const asMs = (value: unknown): unknown => (typeof value === "number" ? `${value}ms` : value);

/** The waits that `config.engines.mqtt.reconnect` of a script comes to; numbers of these are milliseconds. */
function written(given: Record<string, unknown>): ReturnType<typeof createBackoff> {
  const reconnect: Record<string, unknown> = { ...given };
  for (const key of ["base", "cap", "first"] as const) {
    const value = given[key];
    if (value !== undefined) reconnect[key] = Array.isArray(value) ? value.map(asMs) : asMs(value);
  }
  const { plan, problems } = validate(scriptWith(withStorm({ reconnect })));
  if (!plan) throw new Error(JSON.stringify(problems));
  return createBackoff((plan.cohorts[0] as (typeof plan.cohorts)[0]).client.reconnect.backoff);
}

describe("factor, jitter and first, as a script writes them", () => {
  const growBy = fc.double({ min: 1, max: 100, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const baseMs = fc.integer({ min: 1, max: 60_000 });
  const times = fc.integer({ min: 1, max: 500 });
  const first = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 5 });
  const early = fc.integer({ min: 0, max: 40 });
  const POLICIES = ["exponential", "full-jitter", "equal-jitter"] as const;
  const draws = Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);
  const mean = (at: (draw: number) => number): number =>
    draws.reduce((sum, draw) => sum + at(draw), 0) / draws.length;

  it("are within their bounds, and their mean is what the formula says", () => {
    fc.assert(
      fc.property(baseMs, times, growBy, share, early, random, (base, upTo, factor, jitter, n, draw) => {
        const cap = base * upTo;
        const temp = ceiling(base, cap, n, factor);
        const growing = { base, cap, factor };
        const table: [reconnect: Parameters<typeof written>[0], low: number, high: number][] = [
          [{ policy: "fixed", base, jitter }, base * (1 - jitter), base * (1 + jitter)],
          [{ policy: "exponential", ...growing, jitter }, temp * (1 - jitter), temp * (1 + jitter)],
          [{ policy: "exponential", ...growing }, temp, temp],
          [{ policy: "full-jitter", ...growing }, 0, temp],
          [{ policy: "equal-jitter", ...growing }, temp / 2, temp],
        ];
        for (const [reconnect, low, high] of table) {
          const delay = written(reconnect);
          within(delay(n, 0, draw), low, high);
          // Each is uniform between its bounds, and comes close to both.
          const middle = (low + high) / 2;
          within(
            mean((one) => delay(n, 0, one)),
            middle,
            middle,
          );
          within(delay(n, 0, 0), low, low);
          within(delay(n, 0, 1 - 2 ** -40), high, high);
        }
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it("grow with the attempt, the factor and the draw; a wider jitter is wider on both sides", () => {
    const rising = (values: number[]): void => {
      values.slice(1).forEach((value, i) => {
        const before = values[i] as number;
        expect(value).toBeGreaterThanOrEqual(before - 1e-9 * (1 + Math.abs(before)));
      });
    };
    const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
    fc.assert(
      fc.property(
        baseMs,
        times,
        fc.array(growBy, { minLength: 2, maxLength: 4 }),
        fc.array(share, { minLength: 2, maxLength: 4 }),
        early,
        random,
        (base, upTo, factors, jitters, n, draw) => {
          const cap = base * upTo;
          for (const policy of POLICIES) {
            const [factor] = factors;
            const delay = written({ policy, base, cap, factor });
            rising(Array.from({ length: 40 }, (_, attempts) => delay(attempts, 0, draw)));
            rising(draws.map((one) => delay(n, 0, one)));
            rising(sorted(factors).map((by) => written({ policy, base, cap, factor: by })(n, 0, draw)));
          }
          for (const reconnect of [
            { policy: "fixed", base },
            { policy: "exponential", base, cap },
          ]) {
            const varied = sorted(jitters).map((jitter) => written({ ...reconnect, jitter }));
            rising(varied.map((delay) => delay(n, 0, 0.9)));
            rising(varied.map((delay) => -delay(n, 0, 0.1)));
          }
        },
      ),
      { numRuns: 30, seed: 6 },
    );
  });

  it("first waits come as they are, whatever the draw, and the policy begins after them", () => {
    fc.assert(
      fc.property(baseMs, growBy, first, early, random, (base, factor, waits, n, draw) => {
        for (const policy of POLICIES) {
          const reconnect = { policy, base, cap: 600_000, factor };
          const [leading, own] = [written({ ...reconnect, first: waits }), written(reconnect)];
          expect(waits.map((_, i) => leading(i, 0, draw))).toEqual(waits);
          expect(leading(waits.length + n, 0, draw)).toBe(own(n, 0, draw));
        }
        const [wait] = waits;
        expect(written({ policy: "immediate", first: wait })(0, 0, draw)).toBe(wait);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it("say what presets do, where a client has no rule of its own beside them", () => {
    const equivalents: Partial<Record<keyof typeof PRESETS, Record<string, unknown>>> = {
      mqttjs: { policy: "fixed", base: "1s" },
      emqtt: { policy: "fixed", base: "5s" },
      "esp-mqtt": { policy: "fixed", base: "10s" },
      micropython: { policy: "fixed", base: "2s", first: "0s" },
      "azure-python": { policy: "fixed", base: "10s", first: "10ms" },
      "paho-python": { policy: "exponential", base: "1s", cap: "120s" },
      "hivemq-java": { policy: "exponential", base: "1s", cap: "120s", jitter: "25 %" },
    };
    for (const [preset, own] of Object.entries(equivalents)) {
      const [a, b] = [written({ preset }), written(own)];
      for (let n = 0; n < 20; n++)
        for (const draw of [0, 0.3, 0.999]) expect(b(n, 0, draw), preset).toBe(a(n, 0, draw));
    }
    // Whole seconds and a look at the clock; a cap after the draw.
    const others = PRESET_NAMES.filter((name) => !(name in equivalents));
    expect(others).toEqual(["paho-c", "aws-iot", "azure-dotnet"]);
  });
});
