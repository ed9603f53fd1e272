import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { type Fail, type FailVerdict, failuresOf, gateChecks } from "../../../../results/src/judge/gate.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";
import { VERDICTS, type Verdict } from "../../../../results/src/judge/verdict.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { record, storm, stormCohort, writeRun } from "../../../support/run-files.ts";
import { evenly, spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

/** 120 of 120 `cached` and 20 of 80 `spiral` recover; worker 2's generator was saturated. */
const spiral = summaryOf([spiralWorker("1"), spiralWorker("2")]);
const unsaturated = summaryOf([spiralWorker("1")]);
const failures = (fail: Fail, summary = unsaturated): string[] =>
  failuresOf(gateChecks(fail, summary)).map((failure) => failure.message);

describe("conditions", () => {
  it("name storm and cohort, what was and what is allowed", () => {
    expect(failures({ verdict: "metastable", readyP99: 30_000, unrecovered: 0.01 })).toEqual([
      "storm 1, all cohorts: verdict metastable, allowed recovered or recovering or stalled or relapsed",
      "storm 1, all cohorts: ready p99 from the loss not reached, allowed 30 s",
      "storm 1, all cohorts: 30 % unrecovered (30 of 100), allowed 1 %",
      "storm 1, cohort spiral: verdict metastable, allowed recovered or recovering or stalled or relapsed",
      "storm 1, cohort spiral: ready p99 from the loss not reached, allowed 30 s",
      "storm 1, cohort spiral: 75 % unrecovered (30 of 40), allowed 1 %",
    ]);
  });
  it("allow exactly what they say", () => {
    const p99 = unsaturated.storms[0]?.cohorts.cached?.readyMs.p99 ?? 0;
    const cohorts = (readyP99: number): Fail => ({ cohorts: { cached: { readyP99 } } });
    expect(failures(cohorts(p99))).toEqual([]);
    expect(failures(cohorts(p99 - 0.1))).toEqual([
      `storm 1, cohort cached: ready p99 from the loss ${p99} ms, allowed 1 s`,
    ]);
    expect(failures({ cohorts: { spiral: { unrecovered: 0.75 } } })).toEqual([]);
    expect(failures({ cohorts: { spiral: { unrecovered: 0.7499 } } })).toHaveLength(1);
  });
  it("say on which clock a time was too long", () => {
    const worker = spiralWorker("1");
    const [first = {}] = worker.intervals ?? [];
    const fromStorm = histogramTag(stormMetricName(1, "ready_from_storm"), "cached");
    const timed = summaryOf([
      {
        ...worker,
        intervals: [{ ...first, [fromStorm]: evenly(60, 8100, 9000) }, ...(worker.intervals ?? []).slice(1)],
      },
    ]);
    expect(failures({ cohorts: { cached: { readyP99: 2000, readyP99FromStorm: 2000 } } }, timed)).toEqual([
      "storm 1, cohort cached: ready p99 from the storm 9 s, allowed 2 s",
    ]);
    expect(failures({ cohorts: { cached: { readyP99FromStorm: 9500 } } }, timed)).toEqual([]);
    expect(failures({ cohorts: { cached: { readyP99FromStorm: 9500 } } })).toEqual([
      "storm 1, cohort cached: ready p99 from the storm was not measured, allowed 9.5 s",
    ]);
  });
  it("fail on the verdict that they name, on one as bad, and on a worse one", () => {
    const judgedAs = (verdict: Verdict): Summary => {
      const summary = structuredClone(unsaturated) as Summary;
      for (const fields of [summary.storms[0], ...Object.values(summary.storms[0]?.cohorts ?? {})]) {
        if (fields) fields.verdict = verdict;
      }
      return summary;
    };
    const failing = (verdict: FailVerdict): Verdict[] =>
      VERDICTS.filter((was) => failures({ verdict }, judgedAs(was)).length > 0);
    expect(failing("degraded")).toEqual(["recovering", "stalled", "relapsed", "metastable"]);
    expect(failing("recovering")).toEqual(failing("degraded"));
    expect(failing("stalled")).toEqual(["stalled", "relapsed", "metastable"]);
    expect(failing("relapsed")).toEqual(failing("stalled"));
    expect(failing("metastable")).toEqual(["metastable"]);
    expect(failures({ cohorts: { spiral: { verdict: "degraded" } } })).toEqual([
      "storm 1, cohort spiral: verdict metastable, allowed recovered",
    ]);
  });
  it("that name a verdict are not met where a cohort has none", () => {
    const summary = structuredClone(unsaturated) as Summary;
    const cached = summary.storms[0]?.cohorts["cached"];
    if (cached) cached.verdict = null;
    expect(
      failures({ verdict: "metastable", cohorts: { spiral: { verdict: "metastable" } } }, summary),
    ).toContain(
      "storm 1, cohort cached: verdict missing, allowed recovered or recovering or stalled or relapsed",
    );
  });
  it("of a cohort replace those for all, and free the fleet that contains it", () => {
    expect(failures({ unrecovered: 0.01, cohorts: { spiral: { unrecovered: 1 } } })).toEqual([]);
  });
  it("carry the generator's mark", () => {
    expect(failures({ cohorts: { spiral: { verdict: "degraded" } } }, spiral)).toEqual([
      "storm 1, cohort spiral: verdict metastable, allowed recovered (generator saturated)",
    ]);
  });
});

it("holds the fleet to its own verdict where the storm hit one cohort of two, and the other was lost", () => {
  const hit = stormCohort({ affected: 50, recovered: 50, fleet: 50, fleetReadyAtEnd: 50 });
  const leftAlone = stormCohort({ fleet: 50, unaffectedLost: 50, lostAtEnd: 50, fleetReadyAtEnd: 0 });
  const summary = summaryOf([
    {
      record: record({
        cohorts: { hit: { devices: 50, everOnline: 50 }, leftAlone: { devices: 50, everOnline: 50 } },
        storms: [storm({ cohorts: { hit, leftAlone } })],
      }),
    },
  ]);
  expect(summary.storms[0]?.cohorts["hit"]?.verdict).toBe("recovered");
  expect(failures({ verdict: "degraded" }, summary)).toEqual([
    "storm 1, all cohorts: verdict relapsed, allowed recovered",
  ]);
});

describe("what was not measured has not passed", () => {
  const fail: Fail = { verdict: "metastable" };
  it("a storm that never came", () => {
    const never = storm({ index: 2, startedAtMs: null, closed: false, generator: null });
    const summary = summaryOf([{ record: record({ storms: [never] }) }]);
    expect(failures(fail, summary)).toEqual(["storm 2: no verdict (did not happen)"]);
  });
  it("no storm, a killed worker, a cohort that is not there", () => {
    const summary = summaryOf([{ record: record({ state: "running" }) }]);
    expect(failures({ ...fail, cohorts: { typo: {} } }, summary)).toEqual([
      "the run is incomplete: what is missing cannot have passed",
      "the run had no storm, so there is nothing that could pass",
      expect.stringContaining('fail.cohorts names "typo"'),
    ]);
  });
});

it("ends the run with its own exit code and says why on the console", () => {
  const files = readRun([writeRun([spiralWorker("1")])]);
  const fail: Fail = { cohorts: { spiral: { readyP99: 30_000 } } };
  const summary = buildSummary(mergeRun(files), { target: 0.99, problems: [], fail });
  expect(summary.exit.code).toBe(4);
  const text = consoleSummary(summary, { colour: false, files: [] });
  expect(text).toContain(
    "gate failed: storm 1, cohort spiral: ready p99 from the loss not reached, allowed 30 s\n",
  );
  expect(text).toContain("EXIT 4: a storm did what `fail` forbids");
});
