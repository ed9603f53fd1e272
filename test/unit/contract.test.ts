import { describe, expect, it } from "vitest";
import {
  COUNTERS,
  histogramTag,
  LATENCY_METRICS,
  parseHistogramTag,
  parseStormMetricName,
  STORM_METRICS,
  safeFileName,
  stormMetricName,
} from "../../engine/src/contract.ts";

describe("metric names", () => {
  const storms = Array.from({ length: 12 }, (_, i) => i + 1);
  const latencies: string[] = Object.values(LATENCY_METRICS);
  const histograms = [
    ...latencies,
    ...storms.flatMap((k) => STORM_METRICS.map((metric) => stormMetricName(k, metric))),
  ];
  const names = [...histograms, ...Object.values(COUNTERS)];

  it("are all different", () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it("are not contained in one another: Artillery's ensure replaces names by text", () => {
    const contained = names.flatMap((a) => names.filter((b) => a !== b && b.includes(a)).map((b) => [a, b]));
    expect(contained).toEqual([]);
  });

  it("hold letters, digits, dots and underscores only", () => {
    for (const name of names) expect(name).toMatch(/^mqtt\.[a-z0-9_.]+$/);
  });

  it("of storms are read back", () => {
    expect(parseStormMetricName(stormMetricName(12, "ready_time"))).toEqual({
      index: 12,
      metric: "ready_time",
    });
    for (const name of ["mqtt.connect_time", "mqtt.storm.1.ready", "mqtt.storm.x.ready_time"]) {
      expect(parseStormMetricName(name)).toBeNull();
    }
  });
});

describe("names in files", () => {
  it.each(["a", "two words, a comma", "a;b", "ü\n%"])("cohort %j survives a tag", (cohort) => {
    const tag = histogramTag("mqtt.connect_time", cohort);
    expect(tag).not.toMatch(/[, \n]/);
    expect(parseHistogramTag(tag)).toEqual({ metric: "mqtt.connect_time", cohort });
  });

  it("gives null for what is no tag", () => {
    expect(parseHistogramTag("no-separator")).toBeNull();
    expect(parseHistogramTag("a;%zz")).toBeNull();
  });

  it.each([
    ["t_abc-1.x", "t_abc-1.x"],
    ["../../etc", "__.._etc"],
    ["", "_"],
    ["..", "_"],
    ["a/b c", "a_b_c"],
  ])("%j is safe as %j", (id, name) => {
    expect(safeFileName(id)).toBe(name);
  });
});
