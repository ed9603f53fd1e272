import { describe, expect, it } from "vitest";
import type { Measurement } from "../../../../benchmarks/peers/client.ts";
import { growthTable, type Point } from "../../../../benchmarks/peers/growth-table.ts";
import { slopeOf, stormLines, stormTimes, trendLine } from "../../../../benchmarks/peers/steady.ts";
import {
  minMedianMax,
  type Result,
  ratios,
  resultLine,
  resultsCsv,
  resultsTable,
} from "../../../../benchmarks/peers/table.ts";

const measurement = (cpuUsPerDevice: number, readyPerS: number | null = 1000): Measurement => ({
  readyPerS,
  cpuUsPerDevice,
  rssKbPerDevice: 10,
  brokerCpuUsPerDevice: 50,
  storm: null,
  note: null,
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
  listenOverflows: measured === null ? null : 7,
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

  it("leave out a reference that is smaller than what can be measured", () => {
    const own = [result(1, "engine", measurement(100))];
    expect(ratios(own, [result(1, "limit_500", measurement(0.9))], (one) => one.cpuUsPerDevice)).toEqual([]);
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
  expect(resultsTable(results, ["mqttjs"])).toContain('round 1: it died, "badly"');
  const lines = resultsCsv(results).trim().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^round,workload,client,version,devices,ready_per_s,cpu_us_per_device,/);
  expect(lines[2]).toMatch(/^1,subscribe,engine,1.0,100,,,,,,,,,,,,,,"it died, ""badly"""$/);
});

describe("a table with several references", () => {
  const stormy = (cpu: number, stormCpu: number, generatorSaturated: boolean | null): Measurement => ({
    ...measurement(cpu),
    storm: {
      dropSpreadMs: 200,
      allReadyMs: 900,
      readyPerS: 8000,
      cpuUsPerDevice: stormCpu,
      brokerCpuUsPerDevice: 70,
      loopDelayP99Ms: generatorSaturated === null ? null : 12,
      generatorSaturated,
    },
  });
  const results = [
    result(1, "mqttjs", stormy(400, 300, null)),
    result(1, "limit_500", stormy(50, 100, null)),
    result(1, "engine", stormy(100, 200, false)),
    result(2, "engine", stormy(100, 200, true)),
  ];
  const linesOf = (client: string, references: string[]): string[] => {
    const lines = resultsTable(results, references).split("\n");
    const from = lines.indexOf(`  ${client} 1.0`);
    const to = lines.findIndex((line, i) => i > from && /^ {2}\S/.test(line));
    return lines.slice(from + 1, to === -1 ? undefined : to);
  };

  it("has a ratio to each of them, none to itself, and none to one that is not there", () => {
    const references = ["mqttjs", "limit_500", "k6"];
    expect(linesOf("engine", references)).toContain(
      "    CPU µs/device              100 / 100 / 100         x mqttjs 0.25 / 0.25 / 0.25   x limit_500 2.00 / 2.00 / 2.00",
    );
    expect(linesOf("mqttjs", references)[1]).toBe(
      "    CPU µs/device              400 / 400 / 400         x limit_500 8.00 / 8.00 / 8.00",
    );
    expect(linesOf("mqttjs", ["k6"])[1]).toBe("    CPU µs/device              400 / 400 / 400");
  });

  it("has the mean of arrival and storm", () => {
    expect(linesOf("engine", ["limit_500"])).toContain(
      "    both: mean CPU µs/device   150 / 150 / 150         x limit_500 2.00 / 2.00 / 2.00",
    );
  });

  it("says how the generator fared in storms, of clients that watch themselves", () => {
    expect(linesOf("engine", [])).toContain("    storm: loop delay p99, ms  12 / 12 / 12");
    expect(linesOf("engine", [])).toContain("    generator saturated        in 1 of 2 storms");
    expect(linesOf("mqttjs", []).join("\n")).not.toMatch(/loop delay|saturated/);
  });

  it("is told of each round in one line as it goes", () => {
    expect(results[2] && resultLine(results[2])).toBe(
      "1000 ready/s, 100 µs, 10.0 KB, storm 8000 ready/s, 200 µs, loop delay p99 12 ms, 7 accept queue overflows",
    );
  });
});

const point = (round: number, devices: number, more: Partial<Point> = {}): Point => ({
  round,
  devices,
  threads: 1,
  cpu_us_per_device: 100,
  rss_kb_per_device: 10,
  storm_cpu_us_per_device: null,
  storm_drop_spread_ms: null,
  storm_loop_delay_p99_ms: null,
  generator_saturated: null,
  idle_rss_mb: 200,
  ...more,
});

it("growth is the ratio to the smallest fleet of the same round", () => {
  const points = [
    point(1, 1000, { cpu_us_per_device: 200 }),
    point(1, 4000, { cpu_us_per_device: 220 }),
    point(2, 1000),
    point(2, 4000, { cpu_us_per_device: 130 }),
  ];
  const fleets = [1000, 4000].map((devices) => ({ devices, threads: 1 }));
  const lines = growthTable(points, fleets).split("\n");
  expect(lines[1]).toMatch(/^\s+1000\s+1\s+150\.0\s+10\.0\s+-\s+-\s+-\s+-\s+0 of 0$/);
  expect(lines[2]).toMatch(
    /^\s+4000\s+1\s+175\.0 \(1\.10 \/ 1\.20 \/ 1\.30\)\s+10\.0 \(1\.00 \/ 1\.00 \/ 1\.00\)\s+-\s+-\s+-\s+-\s+0 of 0$/,
  );
});

it("what a thread costs is what the idle process grows by, and the ratio is to the fewest threads", () => {
  const storm = { storm_drop_spread_ms: 240, storm_loop_delay_p99_ms: 9 };
  const points = [
    point(1, 8000, { ...storm, generator_saturated: false }),
    point(1, 8000, {
      ...storm,
      threads: 2,
      cpu_us_per_device: 120,
      idle_rss_mb: 310,
      generator_saturated: true,
    }),
    point(1, 8000, {
      ...storm,
      threads: 4,
      cpu_us_per_device: 150,
      idle_rss_mb: 560,
      generator_saturated: true,
    }),
    // Another round's idle process is none to compare with.
    point(2, 8000, { ...storm, threads: 4, idle_rss_mb: 900, generator_saturated: false }),
  ];
  const fleets = [1, 2, 4].map((threads) => ({ devices: 8000, threads }));
  const lines = growthTable(points, fleets).split("\n");
  expect(lines[1]).toMatch(/^\s+8000\s+1\s.*240\.0\s+9\.0\s+-\s+0 of 1$/);
  expect(lines[2]).toMatch(/^\s+8000\s+2\s+120\.0 \(1\.20 \/ 1\.20 \/ 1\.20\).*\s110\s+1 of 1$/);
  expect(lines[3]).toMatch(/^\s+8000\s+4\s+125\.0 \(1\.50 \/ 1\.50 \/ 1\.50\).*\s120\s+1 of 2$/);
});

it("slopeOf is that of the line through the samples", () => {
  const samples = [0, 1000, 2000, 3000].map((atMs) => ({ atMs, rssBytes: 5_000_000 + 2 * atMs }));
  expect(slopeOf(samples)).toBeCloseTo(2, 9);
  expect(slopeOf(samples.slice(0, 1))).toBeNull();
  expect(slopeOf([])).toBeNull();
});

it("storms come as often as they fit, each over long before the next", () => {
  expect(stormTimes(30 * 60_000, 120_000)).toHaveLength(15);
  expect(stormTimes(30 * 60_000, 120_000)[1]).toEqual({ atMs: 240_000, windowMs: 30_000 });
  expect(stormTimes(12_000, 4000).at(-1)).toEqual({ atMs: 12_000, windowMs: 2000 });
});

it("the trend counts from the second storm: what a heap grows to before is no leak", () => {
  const samples = Array.from({ length: 60 }, (_, i) => ({
    atMs: 1_000_000 + i * 1000,
    cpuUs: 0,
    // Grows fast before 20 s, then by a kilobyte a second.
    rssBytes: i < 20 ? i * 1e6 : 50_000_000 + i * 1024,
  }));
  const storms = [10_000, 20_000, 30_000].map((atMs) => ({ atMs, windowMs: 5000 }));
  expect(trendLine(samples, 1_000_000, storms)).toMatch(/^memory since the second storm: 60\.0 KB\/min/);
  expect(trendLine(samples, 1_000_000, storms.slice(0, 1))).toContain("no trend");
  expect(trendLine(samples.slice(0, 21), 1_000_000, storms)).toContain("no trend");
});

it("memory after a storm is that at the end of its window", () => {
  const storm = {
    at: 2000,
    windowMs: 1000,
    affected: 5,
    recovered: 5,
    verdict: "recovered",
    generatorSaturated: true,
    generator: null,
    dropSpreadMs: { max: 3 },
    readyMs: { max: 40 },
  };
  const samples = [0, 1000, 2000, 3000, 4000].map((ms) => ({ atMs: ms, cpuUs: 0, rssBytes: ms * 1000 }));
  const summary = {
    timeZeroAt: new Date(0).toISOString(),
    workers: 1,
    fleet: { everOnline: 5 },
    generator: { saturated: false, eventLoopDelayMs: { p99: 1 } },
    storms: [storm],
  };
  expect(stormLines({ samples, summary })).toEqual([
    "storm 1: 5 of 5 recovered, recovered; drops within 3 ms, all ready after 40 ms, generator saturated; after it 3 MB",
  ]);
});
