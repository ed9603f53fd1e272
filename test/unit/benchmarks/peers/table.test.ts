import { describe, expect, it } from "vitest";
import type { Measurement } from "../../../../benchmarks/peers/client.ts";
import { growthTable } from "../../../../benchmarks/peers/growth.ts";
import { slopeOf } from "../../../../benchmarks/peers/steady.ts";
import {
  minMedianMax,
  type Result,
  ratios,
  resultsCsv,
  resultsTable,
} from "../../../../benchmarks/peers/table.ts";

const measurement = (cpuUsPerDevice: number, readyPerS: number | null = 1000): Measurement => ({
  readyPerS,
  cpuUsPerDevice,
  rssKbPerDevice: 10,
  storm: null,
});

const result = (
  round: number,
  client: string,
  measured: Measurement | null,
  failure: string | null = null,
): Result => ({
  round,
  workload: "subscribe",
  client,
  version: "1.0",
  devices: 100,
  measurement: measured,
  brokerCpuUsPerDevice: measured === null ? null : 50,
  failure,
});

describe("minMedianMax", () => {
  it.each([
    [[3, 1, 2], { min: 1, median: 2, max: 3 }],
    [[4, 1], { min: 1, median: 2.5, max: 4 }],
    [[7], { min: 7, median: 7, max: 7 }],
  ])("of %j", (values, expected) => {
    expect(minMedianMax(values)).toEqual(expected);
  });

  it("of nothing is nothing", () => {
    expect(minMedianMax([])).toBeNull();
  });
});

describe("ratios", () => {
  const base = [result(1, "mqttjs", measurement(400)), result(2, "mqttjs", measurement(500))];

  it("are to the reference of the same round", () => {
    const own = [result(2, "engine", measurement(100)), result(1, "engine", measurement(100))];
    expect(ratios(own, base, (one) => one.cpuUsPerDevice)).toEqual([0.2, 0.25]);
  });

  it("leave out rounds in which either has no figure", () => {
    const own = [
      result(1, "engine", null, "died"),
      result(2, "engine", measurement(100)),
      result(3, "engine", measurement(1)),
    ];
    expect(ratios(own, base, (one) => one.cpuUsPerDevice)).toEqual([0.2]);
    expect(ratios([result(1, "engine", measurement(1, null))], base, (one) => one.readyPerS)).toEqual([]);
  });
});

it("a round that failed is said in the table, and a row of the CSV", () => {
  const results = [result(1, "mqttjs", measurement(400)), result(1, "engine", null, 'it died, "badly"')];
  expect(resultsTable(results, "mqttjs")).toContain('round 1: it died, "badly"');
  const lines = resultsCsv(results).trim().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^round,workload,client,version,devices,ready_per_s,cpu_us_per_device,/);
  expect(lines[2]).toMatch(/^1,subscribe,engine,1.0,100,,,,,,,,,"it died, ""badly"""$/);
});

it("growth is the ratio to the smallest fleet", () => {
  const point = (devices: number, cpu: number) => ({
    round: 1,
    devices,
    cpu_us_per_device: cpu,
    rss_kb_per_device: 10,
    storm_cpu_us_per_device: null,
  });
  const lines = growthTable([point(1000, 200), point(4000, 220)], [1000, 4000]).split("\n");
  expect(lines[2]).toMatch(/^\s+4000\s+220\.0 \(1\.10x\)\s+10\.0 \(1\.00x\)\s+-$/);
});

it("slopeOf is that of the line through the samples", () => {
  const samples = [0, 1000, 2000, 3000].map((atMs) => ({ atMs, rssBytes: 5_000_000 + 2 * atMs }));
  expect(slopeOf(samples)).toBeCloseTo(2, 9);
  expect(slopeOf(samples.slice(0, 1))).toBe(0);
});
