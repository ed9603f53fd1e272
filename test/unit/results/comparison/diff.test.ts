import { expect, it } from "vitest";
import { consoleDiff } from "../../../../results/src/comparison/console-diff.ts";
import { diffSummaries } from "../../../../results/src/comparison/diff.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";
import { record, storm, stormCohort } from "../../../support/run-files.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

const one = summaryOf([spiralWorker("1")]);
const two = summaryOf([spiralWorker("1"), spiralWorker("2")]);
const row = (a: Summary, b: Summary, cohort: string | null, name: string) =>
  diffSummaries(a, b)
    .storms.find((diff) => diff.cohort === cohort)
    ?.rows.find((one) => one.name === name);

it("gives every value of both runs and B / A, per storm and cohort", () => {
  const { storms, service } = diffSummaries(one, two);
  expect(storms.map((diff) => [diff.storm, diff.cohort, diff.in, diff.verdict.a, diff.verdict.b])).toEqual([
    [1, null, "both", "metastable", "metastable"],
    [1, "cached", "both", "recovered", "recovered"],
    [1, "spiral", "both", "metastable", "metastable"],
  ]);
  expect(row(one, two, "spiral", "affected")).toMatchObject({ a: 40, b: 80, ratio: 2 });
  expect(row(one, two, "spiral", "recovered")).toMatchObject({ a: 0.25, b: 0.25, ratio: 1 });
  expect(row(one, two, "cached", "ready p99")?.ratio).toBeCloseTo(1, 2);
  expect(service.map(({ name }) => name)).toEqual(["connect p50", "connect p99", "connect max"]);
});

it("says of the fleet as well where the storm touched one cohort of two, and why there is no verdict", () => {
  const touched = stormCohort({ affected: 50, recovered: 50 });
  const lost = stormCohort({ fleet: 50, unaffectedLost: 50, lostAtEnd: 50, fleetReadyAtEnd: 0 });
  const run = (cohorts: Record<string, typeof touched>) => {
    const devices = Object.fromEntries(
      Object.keys(cohorts).map((name) => [name, { devices: 50, everOnline: 50 }]),
    );
    return summaryOf([{ record: record({ cohorts: devices, storms: [storm({ cohorts })] }) }]);
  };
  const away = { touched: stormCohort({ affected: 0, fleet: 50, alreadyOffline: 50 }), lost };
  const { storms } = diffSummaries(run({ touched, lost }), run({ ...away }));
  expect(storms.map(({ cohort, verdict, absence }) => [cohort, verdict, absence])).toEqual([
    [null, { a: "relapsed", b: null }, { a: null, b: "nobody-affected" }],
    ["touched", { a: "recovered", b: null }, { a: null, b: null }],
  ]);
  const text = consoleDiff(diffSummaries(run({ touched, lost }), run(away)), { colour: false });
  expect(text).toContain("all cohorts: A RELAPSED, B NO VERDICT (nobody-affected)");
});

it("has no ratio of what was not reached, nor of zero", () => {
  expect(row(one, two, "spiral", "ready p99")).toMatchObject({ a: null, b: null, ratio: null });
  expect(row(one, two, "cached", "config requests per device")).toMatchObject({ a: 0, b: 0, ratio: null });
});

it("names storms and cohorts that only one run has, and what makes the comparison doubtful", () => {
  const cohorts = { cached: stormCohort({ affected: 10, recovered: 10 }) };
  const other = summaryOf([
    {
      record: record({
        state: "running",
        cohorts: { cached: { devices: 10, everOnline: 10 } },
        storms: [storm({ cohorts }), storm({ index: 2, cohorts })],
      }),
    },
  ]);
  const diff = diffSummaries(one, other);
  expect(diff.storms.map((part) => [part.storm, part.cohort, part.in])).toEqual([
    [1, null, "both"],
    [1, "cached", "both"],
    [1, "spiral", "a"],
    [2, null, "b"],
    [2, "cached", "b"],
  ]);
  expect(diff.warnings).toEqual(["B is incomplete", "the fleets differ in size: 100 and 10 devices"]);
  expect(consoleDiff(diff, { colour: false })).toContain("B has no such storm or cohort");
});

it("reads like this", () => {
  const lines = consoleDiff(diffSummaries(one, two), { colour: false }).split("\n");
  expect(lines.slice(0, 22).join("\n")).toMatchInlineSnapshot(`
    "
    Mass reconnect: B against A
      A  t-synthetic: 100 devices, mqtt://broker:1883, 2026-11-20 09:59:59 UTC
      B  t-synthetic: 200 devices, mqtt://broker:1883, 2026-11-20 09:59:59 UTC
      B: generator saturated
      the fleets differ in size: 100 and 200 devices

    Storm 1: connection reset of 100 %, all cohorts: A METASTABLE, B METASTABLE (generator saturated)
                                            A            B  B / A
      affected                            100          200  2.00x
      recovered                          70 %         70 %  1.00x
      fleet ready at the end             70 %         70 %  1.00x
      already offline                       0            0      -
      lost again                            0            0      -
      ready p50                        848 ms       848 ms  1.00x
      ready p90                   not reached  not reached      -
      ready p99                   not reached  not reached      -
      ready max                   not reached  not reached      -
      reconnect p99                    985 ms       985 ms  1.00x
      connects per device               6.70x        6.70x  1.00x
      config requests per device        6.10x        6.10x  1.00x
      peak connect attempts              90/s        180/s  2.00x"
  `);
});
