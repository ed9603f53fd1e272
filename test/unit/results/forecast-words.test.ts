import { describe, expect, it } from "vitest";
import { consoleDiff } from "../../../results/src/comparison/console-diff.ts";
import { diffSummaries } from "../../../results/src/comparison/diff.ts";
import { consoleSummary } from "../../../results/src/console/summary.ts";
import { curvesOf } from "../../../results/src/judge/curves.ts";
import { buildSummary } from "../../../results/src/judge/summary.ts";
import { summarySchema } from "../../../results/src/judge/summary-schema.ts";
import { renderReport } from "../../../results/src/report/page.ts";
import { mergeRun } from "../../../results/src/run/merge.ts";
import { mergeObstacles } from "../../../results/src/run/merge-obstacles.ts";
import { workerRecordSchema } from "../../../results/src/run/worker-record.ts";
import { record, storm, stormCohort } from "../../support/run-files.ts";

const assumption = { name: "broker: <b>connects</b>", value: "5000 per s", source: "default" } as const;

function forecastRecord() {
  return record({
    generator: null,
    forecast: { assumptions: [assumption] },
    storms: [storm({ generator: null, generatorInWindow: null, cohorts: { fleet: stormCohort({}) } })],
  });
}

function runOf(one: ReturnType<typeof record>) {
  const run = mergeRun({
    records: [one],
    histograms: new Map(),
    latencies: new Map(),
    timelines: new Map(),
  } as never);
  return { run, summary: buildSummary(run, { target: 0.99, problems: [], fail: { verdict: "degraded" } }) };
}

describe("a forecast says so wherever a verdict stands", () => {
  it("in its record and its summary, which has no generator", () => {
    expect(workerRecordSchema.parse(forecastRecord())).toMatchObject({ generator: null });
    const { summary } = runOf(forecastRecord());
    expect(summary).toMatchObject({ generator: null, forecast: { assumptions: [assumption] } });
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    for (const { message } of summary.gate) expect(message).toMatch(/^FORECAST: /);
  });

  it("on the terminal, with its assumptions in place of the generator's health", () => {
    const text = consoleSummary(runOf(forecastRecord()).summary, { colour: false, files: [] });
    expect(text).toContain("FORECAST NO VERDICT");
    expect(text).toContain("broker: <b>connects</b>: 5000 per s (default)");
    expect(text).not.toContain("loop delay");
  });

  it("in the report, as text", () => {
    const { run, summary } = runOf(forecastRecord());
    const page = renderReport({ summary, curves: curvesOf(run), script: null });
    expect(page).toContain("<h1>FORECAST: ");
    expect(page).toContain("FORECAST: No verdict");
    expect(page).toContain("Assumptions of the forecast");
    expect(page).toContain("broker: &lt;b&gt;connects");
    expect(page).not.toContain("Generator health");
  });

  it("beside a measured run, which it is not added to", () => {
    const [a, b] = [runOf(record({})).summary, runOf(forecastRecord()).summary];
    const text = consoleDiff(diffSummaries(a, b), { colour: false });
    expect(text).toContain("B  FORECAST ");
    expect(text).toContain("B is a FORECAST: nothing of it was measured");
    expect(mergeObstacles([record({ workerId: "1" }), forecastRecord()]).join()).toContain(
      "is a forecast, and run",
    );
  });
});
