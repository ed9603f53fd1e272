import { describe, expect, it } from "vitest";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { percentileCurve, percentileRows } from "../../../../results/src/judge/percentile-curve.ts";
import { keepPeaks } from "../../../../results/src/judge/rate-series.ts";
import { stormsOverlaid } from "../../../../results/src/judge/recovery-by-cohort.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { histogramOf, writeRun } from "../../../support/run-files.ts";
import { spiralWorker, twoStormsWorker } from "../../../support/synthetic-run.ts";

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

  it("lays storms over each other as each of them is alone, to the end of what was watched", () => {
    const two = curvesOf(mergeRun(readRun([writeRun([twoStormsWorker()])])));
    const overlaid = stormsOverlaid(two.recovery);
    expect(overlaid.storms).toEqual([1, 2]);
    expect(overlaid.shownMs).toBe(Math.max(...two.recovery.map(({ shownMs }) => shownMs)));
    for (const { timesMs, shares } of [overlaid.curve, overlaid.table]) {
      expect(timesMs.length).toBeLessThanOrEqual(603);
      for (const [i, one] of two.recovery.entries()) {
        for (const [at, tMs] of timesMs.entries()) {
          // What was reached by then: the last point of its own curve that is not later.
          const last = one.curve.timesMs.findLastIndex((ms) => ms <= tMs);
          const reached = one.curve.shares[0]?.[last];
          const isWatched = tMs <= one.shownMs || one.cohorts[0]?.reached === 1;
          expect(shares[i]?.[at]).toBe(isWatched ? reached : null);
        }
      }
    }
    expect(overlaid.curve.shares.map((own) => own.at(-1))).toEqual([1, 0.9]);
    // After each storm; a second from what happened, and from the end of the run none.
    expect(two.idle.map(({ toMs }) => toMs)).toEqual([59_000, 90_000]);
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
