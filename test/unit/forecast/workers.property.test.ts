/** A forecast of several workers, added up, is that of one. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../../engine/src/forecast/arrivals.ts";
import { Dealer, workersWithArrivals } from "../../../engine/src/forecast/dealing.ts";
import { forecast } from "../../../engine/src/forecast/index.ts";
import { timelineCsv } from "../../../results/src/csv/timeline.ts";
import { mergeDirectories } from "../../../results/src/directory/judged-runs.ts";
import { mergedHlog } from "../../../results/src/run/merged-hlog.ts";
import { type SmallForecast, scriptOf } from "../../support/forecast.ts";

const REQUEST = {
  topic: "config/{{ deviceId }}/get/{{ requestId }}",
  responseTopic: "config/{{ deviceId }}/{{ requestId }}",
  timeout: "2s",
};

const cuts = [
  [{ at: "4s", fraction: 1, cause: "reset", window: "12s" }],
  // The last window ends when devices of a fixed back-off try again.
  [{ at: "4s", fraction: 0.5, cause: "close", window: "10s", repeat: { times: 2, every: "11s" } }],
  [{ at: "1s", fraction: 0.7, cause: "silent", window: "14s" }],
  [{ at: "3s", fraction: 0.3, cause: "disconnect", window: "10s" }],
];

/** With a second cohort. */
const partly = [
  [{ at: "3s", fraction: 0.8, cohort: "asks", cause: "close", over: "4s", window: "12s" }],
  [{ at: "3s", fraction: 0.6, sparing: "listens", cause: "silent", for: "3s", window: "12s" }],
  [{ at: "3s", fraction: 1, cohort: ["asks"], over: "2s", for: "3s", outage: "network", window: "14s" }],
  [{ at: "4s", fraction: 0.5, cohort: "asks", cause: "reset", window: "12s" }],
  [
    { at: "3s", fraction: 1, sparing: "asks", cause: "close", window: "5s" },
    { at: "9s", fraction: 0.3, cohort: ["asks", "listens"], cause: "silent", window: "10s" },
  ],
];
const LISTENS = {
  name: "listens",
  engine: "mqtt",
  onConnect: [{ subscribe: { topics: "all" } }],
  flow: [{ connect: {} }, { stayOnline: {} }],
};

const lost = [
  { at: "4s", regionLoss: { target: "eu", for: "4s" }, window: "12s" },
  { at: "17s", fraction: 0.4, cause: "reset", window: "8s" },
];

const regions = {
  targets: [
    { name: "eu", url: "lab", weight: 2 },
    { name: "us", url: "lab" },
  ],
  failover: { policy: "next", after: 2, returnHome: "2s" },
  storms: lost,
};

const flows = fc.constantFrom<Record<string, unknown>>(
  {},
  // What devices do after the last window, all at one instant.
  {
    flow: [
      { connect: {} },
      { stayOnline: {} },
      { publish: { topic: "end/{{ deviceId }}", payload: "x", qos: 1 } },
    ],
  },
  {
    onConnect: [{ request: { ...REQUEST, cache: true, onTimeout: "reset" } }],
    flow: [
      { connect: {} },
      { refresh: { every: "3s", jitter: "1s", request: { ...REQUEST, onTimeout: "ignore" } } },
      { stayOnline: {} },
    ],
  },
  // Devices that hear those of other workers, and answer.
  {
    telemetry: { every: "5s", topic: "said/{{ deviceId }}", payload: { a: 1 }, qos: 1 },
    onConnect: [{ subscribe: { topics: "said/+", qos: 1 } }, { request: REQUEST }],
    onMessage: [{ topic: "said/+", do: [{ publish: { topic: "heard", qos: 1 } }] }],
  },
  // Devices that leave, at random and by themselves.
  { flow: [{ connect: {} }, { think: "{{ $randomNumber(2, 9) }}s" }] },
);

const fleets: fc.Arbitrary<SmallForecast> = fc
  .record({
    devices: fc.integer({ min: 1, max: 60 }),
    seed: fc.nat(1000),
    phases: fc.constantFrom(
      [{ duration: "2s", arrivalRate: 50 }],
      [{ duration: "1s", arrivalCount: 20 }, { pause: 1 }, { duration: "2s", arrivalRate: 7 }],
      [{ duration: "3s", arrivalRate: 1, rampTo: 20, maxVusers: 20 }],
      [{ duration: "3s", arrivalRate: 10, mode: "poisson" }],
    ),
    scenario: flows,
    mqtt: fc.record({
      session: fc.constantFrom({ clean: true }, { clean: false }),
      connectTimeout: fc.constantFrom("500ms", "5s"),
      reconnect: fc.constantFrom<Record<string, unknown>>(
        { policy: "immediate" },
        { policy: "fixed", base: "500ms" },
        { policy: "fixed", base: "10s" },
        { policy: "full-jitter", base: "1s", cap: "8s" },
        { policy: "exponential", base: "200ms", cap: "4s" },
        { policy: "decorrelated-jitter", base: "200ms", cap: "4s" },
        { preset: "aws-iot" },
      ),
      keepalive: fc.constantFrom("3s", "60s"),
      endWhenRecovered: fc.constantFrom(false, { settle: "500ms" }),
      configService: fc.record({
        capacity: fc.constantFrom(3, 20, 500),
        queueLimit: fc.constantFrom(5, 10_000),
      }),
      forecast: fc.record({
        network: fc.record({ latency: fc.constantFrom("0.1ms", "40ms") }),
        broker: fc.record({
          connects: fc.constantFrom(10, 5000),
          acceptQueue: fc.constantFrom(4, 4096),
        }),
      }),
    }),
    rest: fc.oneof(
      fc.constantFrom(...cuts, ...partly).map((storms) => ({ storms })),
      fc.constant(regions),
    ),
  })
  .map(({ rest, mqtt, ...others }) => ({
    ...others,
    mqtt: { ...mqtt, ...rest },
    others: /asks|listens/.test(JSON.stringify(rest)) ? [LISTENS] : [],
    ...("targets" in rest ? { lab: { regions: [{ name: "eu", capacity: 12 }, "us"] } } : {}),
  }));

/** All that readers make of it, as text; and its files by name. */
async function readingOf(small: SmallForecast, workers: number) {
  const directory = mkdtempSync(join(tmpdir(), "workers-"));
  try {
    await forecast(scriptOf(small), { ...small, directory, testRunId: "same", workers });
    const files = readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), "utf8")] as const);
    const { run, summary } = mergeDirectories([directory], {});
    const { histograms: _histograms, workers: seen, timeline, ...rest } = run;
    return {
      files,
      workers: seen.length,
      text: {
        summary: JSON.stringify({ ...summary, workers: null }, null, 1),
        histograms: mergedHlog(run),
        timeline: timelineCsv(timeline),
        run: rest,
      },
      affected: summary.storms.reduce((sum, storm) => sum + storm.affected, 0),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("a forecast of several workers", () => {
  it("adds up to that of one: every count, cell, bucket and verdict", async () => {
    let affected = 0;
    let divided = 0;
    await fc.assert(
      fc.asyncProperty(fleets, fc.integer({ min: 2, max: 5 }), async (small, workers) => {
        const [one, several] = [await readingOf(small, 1), await readingOf(small, workers)];
        expect(several.text).toEqual(one.text);
        affected += one.affected;
        if (several.workers > 1) divided++;
      }),
      { numRuns: 120, seed: 16 },
    );
    // Fleets that no storm hits, or that one worker has alone, would say little.
    expect(affected).toBeGreaterThan(1000);
    expect(divided).toBeGreaterThan(80);
  }, 120_000);

  it("gives the same bytes of every file for the same seed, and others for another", async () => {
    const small: SmallForecast = { devices: 60, seed: 5 };
    const [first, second] = [await readingOf(small, 3), await readingOf(small, 3)];
    expect(first.files.map(([name]) => name).filter((name) => name.endsWith(".json"))).toEqual([
      "worker-forecast-1.json",
      "worker-forecast-2.json",
      "worker-forecast-3.json",
    ]);
    expect(second.files).toEqual(first.files);
    expect((await readingOf({ ...small, seed: 6 }, 3)).files).not.toEqual(first.files);
  });
});

const phase: Arrivals = {
  fromMs: 0,
  count: 100,
  everyMs: 100,
  maxVusers: Number.POSITIVE_INFINITY,
  isPoisson: false,
  dealt: "by-rate",
};

/** How many of the phase's arrivals each worker has. */
function sharesOf(one: Arrivals, workers: number): number[] {
  const dealer = new Dealer(workers);
  const shares = Array.from({ length: workers }, () => 0);
  for (let i = 0; i < one.count; i++) {
    const worker = dealer.next(one);
    shares[worker] = (shares[worker] as number) + 1;
  }
  return shares;
}

describe("arrivals are dealt out as Artillery divides phases", () => {
  it("by the whole numbers of its rates", () => {
    // 10 per second over 4 workers are 3, 3, 2 and 2.
    expect(sharesOf(phase, 4)).toEqual([30, 30, 20, 20]);
    expect(sharesOf({ ...phase, dealt: "evenly" }, 4)).toEqual([25, 25, 25, 25]);
    expect(sharesOf({ ...phase, dealt: "to-first" }, 4)).toEqual([100, 0, 0, 0]);
  });

  it("to no more workers than have arrivals", () => {
    const slow: Arrivals = { ...phase, everyMs: 500 };
    expect(workersWithArrivals([slow], 5)).toBe(2);
    expect(workersWithArrivals([slow, { ...slow, everyMs: 250 }], 5)).toBe(4);
    expect(workersWithArrivals([{ ...slow, dealt: "to-first" }], 5)).toBe(1);
    expect(workersWithArrivals([], 5)).toBe(1);
  });
});
