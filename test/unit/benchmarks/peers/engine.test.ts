import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import {
  type EngineRun,
  measurementOf,
  type TimelineRow,
  threadArguments,
  timelineRows,
  timingOf,
} from "../../../../benchmarks/peers/clients/engine.ts";

const TIMING = { readyByMs: 8000, stormAtS: 9, windowS: 8 };
const ZERO = Date.parse("2026-01-01T00:00:00.000Z");

/** CPU time grows by `cpuUsPerMs` from a second before time zero on. */
function run(
  cpuUsPerMs: number,
  rssBytes: number,
  timeline: TimelineRow[],
  readyMaxMs: number | null,
): EngineRun {
  const samples = Array.from({ length: 220 }, (_, i) => ({
    atMs: ZERO - 1500 + i * 100,
    cpuUs: Math.max(0, i - 5) * 100 * cpuUsPerMs,
    rssBytes,
  }));
  const storm = {
    at: 9000,
    windowMs: 8000,
    affected: 10,
    recovered: 10,
    verdict: "recovered",
    generatorSaturated: false,
    generator: { reasons: [], eventLoopDelayMs: { p99: 12 } },
    dropSpreadMs: { max: 3 },
    readyMs: { max: readyMaxMs },
  };
  return {
    samples,
    brokerSamples: samples.map((sample) => ({ ...sample, cpuUs: sample.cpuUs / 2 })),
    timeline,
    summary: {
      timeZeroAt: new Date(ZERO).toISOString(),
      workers: 1,
      fleet: { everOnline: 10 },
      generator: { saturated: false, eventLoopDelayMs: { p99: 1 } },
      storms: [storm],
    },
  };
}

const row = (tMs: number, ready: number, attempts = 0): TimelineRow => ({ tMs, ready, attempts });
const idle = run(1, 1_000_000, [row(0, 1, 1)], 5);

it("what a device costs is what the run used above the idle run, per device", () => {
  const timeline = [row(0, 0), row(100, 4, 10), row(200, 10)];
  const full = run(3, 1_000_000 + 10 * 2048, timeline, 50);
  expect(measurementOf(10, TIMING, idle, full)).toEqual({
    // It is 200 ms from the start of the row with the first attempt to the end of that with the last ready.
    readyPerS: 50,
    // The fleet uses 2 µs/ms more for 7.9 s, from the row with the first attempt on; there are 10 devices.
    cpuUsPerDevice: 1580,
    rssKbPerDevice: 2,
    idleRssBytes: 1_000_000,
    brokerCpuUsPerDevice: 790,
    storm: {
      dropSpreadMs: 3,
      allReadyMs: 50,
      readyPerS: 200,
      cpuUsPerDevice: 1540,
      brokerCpuUsPerDevice: 770,
      loopDelayP99Ms: 12,
      generatorSaturated: false,
    },
    note: null,
  });
});

it("a fleet that is not ready in time has no figures: what would be cut off would look cheap", () => {
  const never = run(1, 0, [row(0, 9, 10)], null);
  expect(() => measurementOf(10, TIMING, idle, never)).toThrow("9 of 10 devices were ready after 8 s");
  const late = run(1, 0, [row(0, 7, 10), row(8000, 10)], 5);
  expect(() => measurementOf(10, TIMING, idle, late)).toThrow("7 of 10 devices were ready after 8 s");
});

it("a storm that not all survived has no figures, and a note", () => {
  const full = run(1, 0, [row(0, 10, 10)], null);
  const [storm] = full.summary.storms;
  if (storm !== undefined) storm.recovered = 9;
  const { storm: measured, note } = measurementOf(10, TIMING, idle, full);
  expect([measured, note]).toEqual([null, "storm: 9 of 10 ready again after 8 s"]);
});

it("a storm in which the generator was saturated has figures, and a note that says why", () => {
  const full = run(1, 0, [row(0, 10, 10)], 50);
  const [storm] = full.summary.storms;
  if (storm !== undefined) {
    storm.generatorSaturated = true;
    storm.generator = { reasons: ["it stood still", "it waited"], eventLoopDelayMs: { p99: 431 } };
  }
  const measured = measurementOf(10, TIMING, idle, full);
  expect(measured.note).toBe("generator saturated: it stood still; it waited");
  expect(measured.storm).toMatchObject({ loopDelayP99Ms: 431, generatorSaturated: true });
});

it.each([1, 4])("a process that is told so starts Artillery as on a machine for %i threads", (threads) => {
  const script = 'import os, { cpus } from "node:os"; console.log(os.cpus().length, cpus().length)';
  const args = [...threadArguments(threads), "--input-type=module", "--eval", script];
  const seen = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(seen).toBe(`${threads + 1} ${threads + 1}\n`);
});

it("nothing is preloaded where the number of threads is left to Artillery", () => {
  expect(threadArguments(null)).toEqual([]);
});

it("larger fleets have more time", () => {
  expect(timingOf(20)).toEqual({ readyByMs: 8000, stormAtS: 9, windowS: 6 });
  expect(timingOf(16_000)).toEqual({ readyByMs: 27_000, stormAtS: 28, windowS: 25 });
});

it("reads the columns of a timeline", () => {
  const csv = "t_ms,cohort,online,ready,drops,connect_attempts\n0,peers,2,1,0,3\n100,peers,2,2,0,0\n";
  expect(timelineRows(csv)).toEqual([row(0, 1, 3), row(100, 2)]);
});
