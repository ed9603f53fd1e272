import { describe, expect, it } from "vitest";
import { createBackoff } from "../../../engine/src/device/backoff.ts";
import { PRESET_NAMES, PRESETS, type PresetName } from "../../../engine/src/device/backoff-presets.ts";
import { hashRandom } from "../../../engine/src/random.ts";

/** The smallest and largest of many draws for attempts 0 to `count` - 1. */
function ranges(name: PresetName, count: number): { low: number; high: number }[] {
  const delay = createBackoff(PRESETS[name].spec);
  return Array.from({ length: count }, (_, attempt) => {
    let low = Infinity;
    let high = 0;
    for (let device = 0; device < 20_000; device++) {
      const ms = delay(attempt, 0, hashRandom(42, device, attempt));
      low = Math.min(low, ms);
      high = Math.max(high, ms);
    }
    return { low, high };
  });
}

describe("presets without jitter: the first eight waits", () => {
  it.each<[PresetName, number[]]>([
    ["mqttjs", [1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]],
    ["emqtt", [5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000]],
    ["esp-mqtt", [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]],
    ["micropython", [0, 2000, 2000, 2000, 2000, 2000, 2000, 2000]],
    ["azure-python", [10, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]],
    ["paho-python", [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000]],
  ])("%s", (name, expected) => {
    const delay = createBackoff(PRESETS[name].spec);
    for (const random of [0, 0.3, 0.999]) {
      expect(expected.map((_, attempt) => delay(attempt, 0, random))).toEqual(expected);
    }
  });
});

describe("presets with jitter: lowest and highest waits", () => {
  const near = (actual: { low: number; high: number }[], expected: [number, number][]): void => {
    expected.forEach(([low, high], attempt) => {
      const slack = (high - low) * 0.002 + 1e-6;
      const range = actual[attempt] as { low: number; high: number };
      expect(range.low, `attempt ${attempt}`).toBeGreaterThanOrEqual(low);
      expect(range.low, `attempt ${attempt}`).toBeLessThanOrEqual(low + slack);
      expect(range.high, `attempt ${attempt}`).toBeLessThanOrEqual(high);
      expect(range.high, `attempt ${attempt}`).toBeGreaterThanOrEqual(high - slack);
    });
  };

  it("paho-c: whole seconds of base / 1.2 to base * 1.2, and up to 3 s until the client looks", () => {
    near(ranges("paho-c", 8), [
      [0, 4000],
      [1000, 5000],
      [3000, 7000],
      [6000, 12_000],
      [13_000, 22_000],
      [26_000, 41_000],
      [50_000, 75_000],
      [50_000, 75_000],
    ]);
  });

  it("hivemq-java: ± 25 % of the capped delay", () => {
    near(ranges("hivemq-java", 9), [
      [750, 1250],
      [1500, 2500],
      [3000, 5000],
      [6000, 10_000],
      [12_000, 20_000],
      [24_000, 40_000],
      [48_000, 80_000],
      [90_000, 150_000],
      [90_000, 150_000],
    ]);
  });

  it("aws-iot: from 0, and ever more devices exactly at the cap", () => {
    near(ranges("aws-iot", 9), [
      [0, 1000],
      [0, 2000],
      [0, 4000],
      [0, 8000],
      [0, 16_000],
      [0, 32_000],
      [0, 64_000],
      [0, 120_000],
      [0, 120_000],
    ]);
    const delay = createBackoff(PRESETS["aws-iot"].spec);
    const atCap = (attempt: number): number => {
      let count = 0;
      for (let device = 0; device < 20_000; device++) {
        if (delay(attempt, 0, hashRandom(42, device, attempt)) === 120_000) count++;
      }
      return count / 20_000;
    };
    // 1 - 120 / 2^n
    expect(atCap(7)).toBeCloseTo(1 - 120 / 128, 2);
    expect(atCap(8)).toBeCloseTo(1 - 120 / 256, 2);
    expect(atCap(10)).toBeCloseTo(1 - 120 / 1024, 2);
  });

  it("azure-dotnet: within 2 % of 100 ms + (2^k - 1) * 80..119 ms, between 1 s and 10 s", () => {
    const actual = ranges("azure-dotnet", 12);
    expect(actual[0]).toEqual({ low: 100, high: 100 });
    expect(actual[1]).toEqual({ low: 0, high: 0 });
    for (let attempt = 2; attempt < 12; attempt++) {
      const rule = (delta: number) =>
        Math.max(1000, Math.min(10_000, 100 + (2 ** (attempt - 1) - 1) * delta));
      const range = actual[attempt] as { low: number; high: number };
      expect(Math.abs(range.low / rule(80) - 1), `attempt ${attempt}`).toBeLessThan(0.02);
      expect(Math.abs(range.high / rule(119) - 1), `attempt ${attempt}`).toBeLessThan(0.02);
    }
    expect(actual[9]).toEqual({ low: 10_000, high: 10_000 });
  });
});

describe("every preset", () => {
  it("says when the count starts again and where that was read", () => {
    expect(PRESET_NAMES).toHaveLength(10);
    for (const name of PRESET_NAMES) {
      const { resetAfter, source } = PRESETS[name];
      expect(source.repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(source.version).toMatch(/\d+\.\d+/);
      expect(source.files.length).toBeGreaterThan(0);
      if (source.commit !== undefined) expect(source.commit).toMatch(/^[0-9a-f]{40}$/);
      if (typeof resetAfter === "object") expect(resetAfter.connectedMs).toBeGreaterThan(0);
    }
    expect(PRESETS["aws-iot"].resetAfter).toEqual({ connectedMs: 30_000 });
    expect(PRESETS["azure-dotnet"].resetAfter).toBe("ready");
    for (const name of PRESET_NAMES) {
      if (name !== "aws-iot" && name !== "azure-dotnet") expect(PRESETS[name].resetAfter).toBe("connack");
    }
  });
});
