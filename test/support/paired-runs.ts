import { histogramTag, stormMetricName, type WorkerStorm } from "artillery-engine-mqtt/contract";
import {
  counters,
  generator,
  record,
  type SyntheticWorker,
  storm,
  stormCohort,
  TIME_ZERO_MS,
} from "./run-files.ts";

export interface RehearsalOptions {
  testRunId?: string;
  /** All ready times are so many times those of a run with 1. */
  slow?: number;
  /** Share of each cohort that comes back. */
  back?: number;
  storms?: number;
  changes?: Partial<WorkerStorm>;
  devices?: Readonly<Record<string, number>>;
}

const STORM_EVERY_MS = 30_000;

/** One worker whose devices come back as full jitter lets them: many at once, a few late. Storms at 10 s, 40 s, 70 s. */
export function rehearsal(options: RehearsalOptions = {}): SyntheticWorker {
  const { testRunId = "t-a", slow = 1, back = 1, storms = 1, changes = {} } = options;
  const { devices = { meters: 120, gateways: 80 } } = options;
  const cohorts = Object.entries(devices);
  const returned = (n: number): number => Math.round(n * back);
  const timesMs = (n: number, i: number): number[] =>
    Array.from(
      { length: returned(n) },
      (_, k) => slow * (120 + 300 * i - 1500 * Math.log(1 - (k + 0.5) / n)),
    );
  const indices = Array.from({ length: storms }, (_, i) => i + 1);
  return {
    record: record({
      testRunId,
      cohorts: Object.fromEntries(cohorts.map(([name, n]) => [name, { devices: n, everOnline: n }])),
      counters: Object.fromEntries(
        cohorts.map(([name, n]) => [name, counters({ connectAttempts: n * 3, connectsAccepted: n * 2 })]),
      ),
      storms: indices.map((index) =>
        storm({
          index,
          atMs: 10_000 + (index - 1) * STORM_EVERY_MS,
          cohorts: Object.fromEntries(
            cohorts.map(([name, n]) => [
              name,
              stormCohort({
                affected: n,
                recovered: returned(n),
                connectAttempts: n * 2,
                connectsAccepted: n,
                configRequests: n,
                configResponses: returned(n),
              }),
            ]),
          ),
          generator: generator(),
          ...changes,
        }),
      ),
    }),
    intervals: [
      Object.fromEntries(
        cohorts.flatMap(([name, n], i) => [
          [histogramTag("mqtt.connect_time", name), timesMs(n, i).map((ms) => Math.round(ms * 4))],
          ...indices.flatMap((index) =>
            ["ready_time", "reconnect_time"].map((metric) => [
              histogramTag(stormMetricName(index, metric as "ready_time"), name),
              timesMs(n, i).map((ms) => Math.round(ms * 1000)),
            ]),
          ),
        ]),
      ),
    ],
    timeline: Array.from({ length: 100 + 300 * storms }, (_, row) => row).flatMap((row) =>
      cohorts.map(([name, n], i) => {
        const sinceMs = row < 100 ? -1 : ((row - 100) * 100) % STORM_EVERY_MS;
        const came = timesMs(n, i).filter((ms) => ms >= sinceMs && ms < sinceMs + 100).length;
        const there = sinceMs < 0 ? n : timesMs(n, i).filter((ms) => ms < sinceMs + 100).length;
        const arrives = row < 40 ? Math.round(n / 40) : 0;
        return {
          t_ms: TIME_ZERO_MS + row * 100,
          cohort: name,
          online: row < 40 ? arrives * (row + 1) : there,
          ready: row < 40 ? arrives * (row + 1) : there,
          connect_attempts: arrives + (sinceMs < 0 ? 0 : came * 2),
          connects_accepted: arrives + (sinceMs < 0 ? 0 : came),
          config_requests: arrives + (sinceMs < 0 ? 0 : came),
          config_responses: arrives + (sinceMs < 0 ? 0 : came),
          storm_ready: sinceMs < 0 ? 0 : came,
          storm_connects: sinceMs < 0 ? 0 : came * 2,
        };
      }),
    ),
  };
}
