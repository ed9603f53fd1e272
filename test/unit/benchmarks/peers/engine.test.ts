import { expect, it } from "vitest";
import { type EngineRun, measurementOf, readyLevels } from "../../../../benchmarks/peers/clients/engine.ts";

const ZERO = Date.parse("2026-01-01T00:00:00.000Z");

/** CPU time grows by `cpuUsPerMs` from a second before time zero on. */
function run(
  cpuUsPerMs: number,
  rssBytes: number,
  ready: EngineRun["ready"],
  readyMaxMs: number | null,
): EngineRun {
  const samples = Array.from({ length: 220 }, (_, i) => ({
    atMs: ZERO - 1500 + i * 100,
    cpuUs: Math.max(0, i - 5) * 100 * cpuUsPerMs,
    rssBytes,
  }));
  const storm = {
    at: 9000,
    affected: 10,
    recovered: 10,
    verdict: "recovered",
    generatorSaturated: false,
    dropSpreadMs: { max: 3 },
    readyMs: { max: readyMaxMs },
  };
  return {
    samples,
    ready,
    summary: {
      timeZeroAt: new Date(ZERO).toISOString(),
      fleet: { everOnline: 10 },
      generator: { saturated: false, eventLoopDelayMs: { p99: 1 } },
      storms: [storm],
    },
  };
}

it("what a device costs is what the run used above the idle run, per device", () => {
  const idle = run(1, 1_000_000, [{ tMs: 0, ready: 1 }], 5);
  const ready = [
    { tMs: 0, ready: 4 },
    { tMs: 100, ready: 10 },
  ];
  const full = run(3, 1_000_000 + 10 * 2048, ready, 50);
  expect(measurementOf(10, idle, full)).toEqual({
    readyPerS: 50,
    // 9 s at 2 µs/ms more, over 10 devices.
    cpuUsPerDevice: 1800,
    rssKbPerDevice: 2,
    storm: {
      dropSpreadMs: 3,
      allReadyMs: 50,
      readyPerS: 200,
      cpuUsPerDevice: 1540,
      generatorSaturated: false,
    },
  });
});

it("a fleet that never was ready as a whole has no rate", () => {
  const idle = run(1, 0, [], null);
  const { readyPerS, storm } = measurementOf(10, idle, run(1, 0, [{ tMs: 0, ready: 9 }], null));
  expect([readyPerS, storm]).toEqual([null, null]);
});

it("reads the column ready of a timeline", () => {
  expect(readyLevels("t_ms,cohort,online,ready,drops\n0,peers,2,1,0\n100,peers,2,2,0\n")).toEqual([
    { tMs: 0, ready: 1 },
    { tMs: 100, ready: 2 },
  ]);
});
