import { histogramTag } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import {
  percentilesOverTime,
  QUANTILES_OVER_TIME,
} from "../../../../results/src/judge/percentiles-over-time.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { record, type SyntheticWorker, TIME_ZERO_MS, writeRun } from "../../../support/run-files.ts";

describe("percentiles over time", () => {
  it("are those of all values of all workers and cohorts that were recorded then", () => {
    // Intervals are 5 s long and lie every 5 s: their middles are 2.5 s, 7.5 s ... after time zero.
    const sizes = [3, 0, 400, 2000];
    const all: number[][] = sizes.map(() => []);
    let seed = 7;
    const next = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return 1000 + Math.floor((seed / 2_147_483_647) ** 4 * 3_000_000);
    };
    const workers = ["1", "2"].map(
      (workerId): Partial<SyntheticWorker> => ({
        record: record({
          workerId,
          startedAtMs: TIME_ZERO_MS,
          cohorts: { a: { devices: 1, everOnline: 1 } },
        }),
        intervals: sizes.map((size, i) =>
          Object.fromEntries(
            ["a", "b"].map((cohort) => {
              const values = Array.from({ length: size }, next);
              all[i]?.push(...values);
              return [histogramTag("mqtt.connect_time", cohort), values];
            }),
          ),
        ),
      }),
    );
    const [connect, ...others] = percentilesOverTime(mergeRun(readRun([writeRun(workers)])));
    expect(others).toEqual([]);
    expect(connect?.metric).toBe("connect");
    expect(connect?.columnMs).toBe(2000);
    const filled = all.flatMap((values, i) =>
      values.length === 0 ? [] : [{ values, atMs: i * 5000 + 2500 }],
    );
    expect(connect?.columns).toHaveLength(filled.length);
    for (const [i, { values, atMs }] of filled.entries()) {
      const column = connect?.columns[i];
      const fromMs = column?.fromMs ?? Number.NaN;
      expect(atMs - fromMs).toBeGreaterThanOrEqual(0);
      expect(atMs - fromMs).toBeLessThan(2000);
      expect(column?.count).toBe(values.length);
      const sorted = values.sort((a, b) => a - b);
      for (const [q, quantile] of QUANTILES_OVER_TIME.entries()) {
        const value = column?.valuesMs[q];
        const isTold = quantile === 1 || quantile <= 0.9 || values.length * (1 - quantile) >= 1 - 1e-6;
        if (!isTold) {
          expect(value).toBeNull();
          continue;
        }
        const exact = (sorted[Math.ceil(quantile * values.length - 1e-9) - 1] ?? 0) / 1000;
        // Histograms have three significant digits, and a value is the upper end of its bucket.
        expect(value).toBeGreaterThanOrEqual(exact);
        expect(value).toBeLessThanOrEqual(exact * 1.001);
      }
    }
    expect(connect?.columns[0]?.valuesMs.slice(2, 4)).toEqual([null, null]);
  });
});
