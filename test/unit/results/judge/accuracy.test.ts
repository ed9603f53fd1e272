import { describe, expect, it } from "vitest";
import { consoleAccuracy } from "../../../../results/src/console/accuracy.ts";
import { accuracyOf } from "../../../../results/src/judge/accuracy.ts";
import { besideMeasured, type StormRecovery } from "../../../../results/src/judge/recovery-by-cohort.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";

function summaryOf(readyMs: (number | null)[], verdict: string): Summary {
  const [p50, p90, p99, max] = readyMs;
  return { storms: [{ index: 1, readyMs: { p50, p90, p99, max }, verdict }] } as unknown as Summary;
}

const measured = summaryOf([2000, 4000, null, null], "metastable");
const forecast = summaryOf([2100, 3800, 5000, null], "recovered");

describe("a forecast against what was measured", () => {
  it("has the error of each figure that both have reached", () => {
    const [storm] = accuracyOf(measured, forecast);
    expect(storm?.figures.map(({ error }) => error && Math.round(error * 1000) / 1000)).toEqual([
      0.05,
      -0.05,
      null,
      null,
    ]);
    expect(storm?.verdict).toEqual({ measured: "metastable", forecast: "recovered" });
    expect(accuracyOf({ storms: [] } as unknown as Summary, forecast)).toEqual([]);
  });

  it("is printed side by side, and says where the verdicts differ", () => {
    const text = consoleAccuracy(accuracyOf(measured, forecast), [], {
      colour: false,
      measuredSaturated: false,
    });
    expect(text).toContain("METASTABLE, FORECAST RECOVERED: the verdicts differ");
    expect(text).toMatch(/50 % ready\s+2 s\s+2\.1 s\s+\+5\.0 %/);
    expect(text).toMatch(/99 % ready\s+not reached\s+5 s\s+-$/m);
    expect(text).toMatch(/100 % ready\s+not reached\s+not reached\s+as measured/);
  });

  it("says where the generator of the measured run was saturated, and nothing where it was not", () => {
    const [storm] = measured.storms;
    const saturated = { storms: [{ ...storm, generatorSaturated: true }] } as unknown as Summary;
    const options = { colour: false, measuredSaturated: true };
    const text = consoleAccuracy(accuracyOf(saturated, forecast), [], options);
    expect(text).toContain("GENERATOR SATURATED\n");
    expect(text).toContain("METASTABLE (generator saturated), FORECAST RECOVERED");
    // Another storm may have met it.
    const other = consoleAccuracy(accuracyOf(measured, forecast), [], options);
    expect(other).toContain("GENERATOR SATURATED\n");
    expect(other).not.toContain("(generator saturated)");
    const none = consoleAccuracy(accuracyOf(measured, forecast), [], {
      ...options,
      measuredSaturated: false,
    });
    expect(none).not.toMatch(/saturated/i);
  });

  it("draws both curves over the times of both", () => {
    const curve = (timesMs: number[], own: number[]): StormRecovery => ({
      storm: 1,
      cohorts: [{ cohort: "a", due: 10, reached: own.at(-1) ?? 0 }],
      shownMs: timesMs.at(-1) ?? 0,
      curve: { timesMs, shares: [own] },
      table: { timesMs, shares: [own] },
    });
    const [both] = besideMeasured([curve([0, 10, 20], [0, 0.5, 1])], [curve([0, 15, 30], [0, 0.4, 0.8])]);
    expect(both?.cohorts.map(({ cohort }) => cohort)).toEqual(["FORECAST: a", "measured: a"]);
    expect(both?.shownMs).toBe(30);
    expect(both?.curve).toEqual({
      timesMs: [0, 10, 15, 20, 30],
      shares: [
        [0, 0.5, 0.5, 1, 1],
        [0, 0, 0.4, 0.4, 0.8],
      ],
    });
  });
});
