import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histogramTag, stormMetricName } from "../../../engine/src/contract.ts";
import { forecast } from "../../../engine/src/forecast/index.ts";
import type { VirtualFleet } from "../../../engine/src/forecast/virtual-fleet.ts";
import { forecastOf, onlyWorker, type SmallForecast, scriptOf } from "../../support/forecast.ts";

const policy = fc.constantFrom<Record<string, unknown>>(
  { policy: "immediate" },
  { policy: "fixed", base: "500ms" },
  { policy: "full-jitter", base: "1s", cap: "8s" },
  { policy: "exponential", base: "200ms", cap: "4s" },
  { preset: "aws-iot" },
);

/** Fleets for which broker, back end or neither is too small; none of them is ended before its time. */
const fleets: fc.Arbitrary<SmallForecast> = fc.record({
  devices: fc.integer({ min: 1, max: 120 }),
  seed: fc.nat(1000),
  mqtt: fc.record({
    protocolVersion: fc.constantFrom(4, 5),
    session: fc.constantFrom({ clean: true }, { clean: false }),
    connectTimeout: fc.constantFrom("500ms", "5s"),
    reconnect: policy,
    storms: fc.constantFrom(
      [{ at: "4s", fraction: 1, cause: "reset", window: "15s" }],
      [{ at: "4s", fraction: 0.5, cause: "close", window: "10s", repeat: { times: 2, every: "11s" } }],
      [{ at: "4s", fraction: 0.7, cause: "silent", window: "20s" }],
      [{ at: "3s", fraction: 0.3, cause: "disconnect", window: "10s" }],
    ),
    keepalive: fc.constantFrom("3s", "60s"),
    configService: fc.record({
      capacity: fc.constantFrom(3, 20, 500),
      queueLimit: fc.constantFrom(5, 10_000),
    }),
    forecast: fc.record({
      network: fc.record({ latency: fc.constantFrom("0.1ms", "40ms") }),
      broker: fc.record({
        connects: fc.constantFrom(10, 5000),
        acceptQueue: fc.constantFrom(4, 4096),
        accepts: fc.constantFrom("one", "all"),
        closes: fc.constantFrom(20, 20_000),
        messages: fc.constantFrom(30, 20_000),
      }),
      generator: fc.constantFrom({}, { connects: 50 }),
    }),
  }),
});

/** Fleets whose devices wait as long as it takes; the storm comes when all are ready. */
const patientFleets: fc.Arbitrary<SmallForecast> = fc
  .record({
    devices: fc.integer({ min: 2, max: 60 }),
    seed: fc.nat(1000),
    reconnect: policy,
    cause: fc.constantFrom("reset", "close", "disconnect"),
    fraction: fc.constantFrom(0.3, 1),
    capacity: fc.constantFrom(10, 50, 500),
    connects: fc.constantFrom(20, 5000),
    latency: fc.constantFrom("0.1ms", "40ms"),
  })
  .map(({ devices, seed, reconnect, cause, fraction, capacity, connects, latency }) => ({
    devices,
    seed,
    scenario: { onConnect: [{ request: { ...REQUEST, timeout: "100s" } }] },
    mqtt: {
      reconnect,
      connectTimeout: "100s",
      storms: [{ at: "20s", fraction, cause, window: "100s" }],
      configService: { capacity },
      forecast: { network: { latency }, broker: { connects } },
    },
  }));

const READY = histogramTag(stormMetricName(1, "ready_time"), "asks");

const REQUEST = {
  topic: "config/{{ deviceId }}/get/{{ requestId }}",
  responseTopic: "config/{{ deviceId }}/{{ requestId }}",
};

function total(fleet: VirtualFleet, name: string): number {
  const { recorder } = onlyWorker(fleet);
  const sums = recorder.cohorts.map((_, cohort) => recorder.counters(cohort));
  return sums.reduce((sum, { counters }) => sum + counters[name as keyof typeof counters], 0);
}

describe("a forecast", () => {
  it("loses nothing: every attempt, connection, request and device is accounted for", async () => {
    let late = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fleets, async (small) => {
        const fleet = await forecastOf(small);
        const count = (name: string): number => total(fleet, name);
        expect(onlyWorker(fleet).run.fleet.members.size).toBe(0);
        expect(fleet.arrived).toBe(small.devices);
        // Connections that were accepted have ended since, for all devices have left.
        expect(count("disconnects")).toBe(count("connectsAccepted"));
        expect(fleet.online).toBe(0);
        // An attempt was accepted, refused, or given up by its device; no device has two.
        const open = count("connectAttempts") - count("connectsAccepted") - count("connectsRefused");
        expect(open).toBeGreaterThanOrEqual(0);
        expect(open).toBeLessThanOrEqual(small.devices as number);
        // A request was answered, timed out, or went with its connection.
        const lost = count("configRequests") - count("configResponses") - count("configTimeouts");
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThanOrEqual(count("disconnects"));
        // The back end answers no request twice.
        expect(count("configResponses") + count("lateResponses")).toBeLessThanOrEqual(
          count("configRequests"),
        );
        late += count("lateResponses");
        refused += count("connectsRefused");
        for (const storm of onlyWorker(fleet).run.storms.report()) {
          for (const cohort of Object.values(storm.cohorts)) {
            expect(cohort.recovered).toBeLessThanOrEqual(cohort.affected);
            expect(cohort.affected).toBeLessThanOrEqual(cohort.selected);
          }
        }
      }),
      { numRuns: 150, seed: 3 },
    );
    // Cases in which nothing went wrong would say little.
    expect(late).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  }, 60_000);

  it("answers every request, once, where nothing ends before its answer", async () => {
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(patientFleets, async (small) => {
        const fleet = await forecastOf(small);
        const count = (name: string): number => total(fleet, name);
        // Each connection asks once, and no storm comes while anybody waits.
        expect(count("configRequests")).toBe(count("connectsAccepted"));
        expect(count("configResponses")).toBe(count("configRequests"));
        expect([count("configTimeouts"), count("lateResponses"), count("connectsRefused")]).toEqual([
          0, 0, 0,
        ]);
        const cohorts = onlyWorker(fleet)
          .run.storms.report()
          .flatMap((storm) => Object.values(storm.cohorts));
        for (const { affected, recovered, fleet: all, fleetReadyAtEnd } of cohorts) {
          expect(recovered).toBe(affected);
          expect(fleetReadyAtEnd).toBe(all);
        }
        asked += count("configRequests");
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(asked).toBeGreaterThan(1000);
  }, 60_000);

  it("takes over what a silent storm left half-open, and hears of none of it before", async () => {
    for (const [nextWrite, cause] of [
      ["lost", "keepalive"],
      ["reset", "closed"],
    ] as const) {
      const storms = [{ at: "4s", fraction: 0.5, cause: "silent", nextWrite, window: "30s" }];
      const fleet = await forecastOf({ devices: 40, mqtt: { keepalive: "5s", storms } });
      const { recorder } = onlyWorker(fleet);
      expect(recorder.counters(0).disconnects).toEqual({ [cause]: 20, finished: 40 });
      expect(fleet.brokers.map(({ takeovers }) => takeovers)).toEqual([20]);
    }
    const fleet = await forecastOf({ devices: 40 });
    expect(fleet.brokers.map(({ takeovers }) => takeovers)).toEqual([0]);
  });

  it("gives the same bytes for the same seed, and others for another", async () => {
    const hashes = async (seed: number): Promise<string[]> => {
      const directory = mkdtempSync(join(tmpdir(), "forecast-"));
      await forecast(scriptOf(), { directory, testRunId: "same", devices: 200, seed });
      const names = readdirSync(directory).sort();
      expect(names).toHaveLength(3);
      return names.map((name) => {
        const bytes = readFileSync(join(directory, name));
        return `${name} ${createHash("sha256").update(bytes).digest("hex")}`;
      });
    };
    const [first, second, other] = [await hashes(1), await hashes(1), await hashes(2)];
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("recovers no later with more capacity, for devices that spread their attempts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 150 }), fc.nat(100), async (devices, seed) => {
        const worst = [25, 50, 100, 400].map(async (capacity) => {
          const mqtt = { configService: { capacity }, reconnect: { policy: "full-jitter", base: "2s" } };
          const fleet = await forecastOf({ devices, seed, mqtt });
          const [storm] = onlyWorker(fleet).run.storms.report();
          return storm?.cohorts["asks"]?.recovered ?? 0;
        });
        const recovered = await Promise.all(worst);
        expect(recovered).toEqual([...recovered].sort((a, b) => a - b));
      }),
      { numRuns: 15, seed: 5 },
    );
  }, 60_000);

  it("is ready no later with more capacity, whatever the policy, where no answer comes too late", async () => {
    let faster = 0;
    await fc.assert(
      fc.asyncProperty(patientFleets, fc.constantFrom(0.5, 0.9, 1), async (small, share) => {
        const readyMs = await Promise.all(
          [10, 20, 40, 400].map(async (capacity) => {
            const fleet = await forecastOf({
              ...small,
              mqtt: { ...small.mqtt, configService: { capacity } },
            });
            const { recorder, run } = onlyWorker(fleet);
            const affected = run.storms.report()[0]?.cohorts["asks"]?.affected ?? 0;
            const rank = Math.ceil(affected * share);
            return recorder.histograms.valueAtRankMs([READY], rank) as number;
          }),
        );
        readyMs.slice(1).forEach((ms, i) => {
          const before = readyMs[i] as number;
          // The back end sends every 10 ms, answers that come sooner take the broker's time sooner, and histograms round.
          expect(ms).toBeLessThanOrEqual(before * 1.001 + 20);
          if (ms < before * 0.9) faster++;
        });
      }),
      { numRuns: 40, seed: 6 },
    );
    expect(faster).toBeGreaterThan(40);
  }, 60_000);
});
