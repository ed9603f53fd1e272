import { describe, expect, it } from "vitest";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { percentileCurve, percentileRows } from "../../../../results/src/judge/percentile-curve.ts";
import { keepPeaks } from "../../../../results/src/judge/rate-series.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { histogramOf, writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

const run = mergeRun(readRun([writeRun([spiralWorker("1"), spiralWorker("2")])]));
const summary = buildSummary(run, { target: 0.99, problems: [] });
const curves = curvesOf(run);

describe("curves", () => {
  it("gives the recovery curve of the fleet and of each cohort, over the affected devices", () => {
    const [recovery] = curves.recovery;
    expect(recovery?.cohorts).toEqual([
      { cohort: null, due: 200, reached: 0.7 },
      { cohort: "cached", due: 120, reached: 1 },
      { cohort: "spiral", due: 80, reached: 0.25 },
    ]);
    expect(recovery?.curve.shares.map((shares) => shares.at(-1))).toEqual([0.7, 1, 0.25]);
  });

  it("draws load as means over one second whose highest is the peak of summary.json", () => {
    const peak = summary.storms[0]?.peak;
    const fleet = curves.load.find((load) => load.cohort === null);
    expect(Math.max(...(fleet?.points ?? []).map((point) => point.connectAttemptsPerS))).toBe(
      peak?.connectAttemptsPerS,
    );
    expect(Math.max(...(fleet?.points ?? []).map((point) => point.configRequestsPerS))).toBe(
      peak?.configRequestsPerS,
    );
  });

  it("counts as goodput inside a window exactly the devices that recovered", () => {
    const cached = curves.load.find((load) => load.cohort === "cached");
    const inWindow = (cached?.points ?? []).filter((point) => point.tMs > 10_000 && point.tMs <= 32_000);
    // Each device stands in the ten points of its second.
    expect(inWindow.reduce((sum, point) => sum + point.readyPerS, 0)).toBe(120 * 10);
  });

  it("thins long series and keeps their peaks", () => {
    const points = Array.from({ length: 36_000 }, (_, i) => ({
      tMs: i * 100,
      connectAttemptsPerS: i === 12_345 ? 900 : 1,
      configRequestsPerS: 0,
      readyPerS: i === 20_001 ? 70 : 0,
    }));
    const thin = keepPeaks(["connectAttemptsPerS", "configRequestsPerS", "readyPerS"], points, 2000);
    expect(thin.length).toBeLessThanOrEqual(2000);
    expect(thin.length).toBeGreaterThan(1500);
    expect(Math.max(...thin.map((point) => point.connectAttemptsPerS))).toBe(900);
    expect(Math.max(...thin.map((point) => point.readyPerS))).toBe(70);
  });

  it("ends the percentile curve where not enough devices recovered", () => {
    const histogram = histogramOf(Array.from({ length: 50 }, (_, i) => (i + 1) * 1000));
    const whole = percentileCurve(histogram, 50);
    expect(whole.at(-1)).toMatchObject({ valueMs: expect.closeTo(50, 1) });
    expect(whole.at(-1)?.quantile).toBeGreaterThanOrEqual(0.99);
    expect(percentileRows(histogram, 50).find((row) => row.quantile === 0.5)?.valueMs).toBeCloseTo(25, 1);
    expect(percentileCurve(histogram, 100).at(-1)?.quantile).toBeLessThanOrEqual(0.5);
    expect(percentileRows(histogram, 100).at(-1)).toMatchObject({
      quantile: 0.5,
      valueMs: expect.closeTo(50, 1),
    });
    expect(percentileCurve(undefined, 100)).toEqual([]);
  });
});
