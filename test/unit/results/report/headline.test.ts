import { expect, it } from "vitest";
import { headline, stormHeadline } from "../../../../results/src/report/words.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

/** Both cohorts of one storm: one recovered, one spirals. */
function summary() {
  const whole = summaryOf([spiralWorker("1")]);
  const [storm] = whole.storms;
  if (storm === undefined) throw new Error("there is no storm");
  return { whole, storm };
}

it("a cohort that did not recover is in the headline where the fleet as a whole has no verdict", () => {
  const { whole, storm } = summary();
  const unsaid = { ...storm, verdict: null, verdictAbsence: "window-too-short" as const };
  const lost = Object.keys(storm.cohorts).filter((name) => storm.cohorts[name]?.verdict === "metastable");
  expect(lost).toHaveLength(1);
  expect(headline({ ...whole, storms: [unsaid] })).toBe(
    `${lost[0]} did not recover; of the whole fleet the run cannot say whether it recovers from the storm`,
  );
  expect(headline({ ...whole, storms: [{ ...unsaid, cohorts: {} }] })).toBe(
    "The run cannot say whether the fleet recovers from the storm",
  );
});

it("a storm without a name is told by what happened", () => {
  const { storm } = summary();
  expect(stormHeadline(storm)).toMatch(/^100 % of the fleet at 10 s, connections reset/);
  expect(stormHeadline({ ...storm, outage: { of: "power", forMs: 8000 } })).toMatch(/^power cut: 100 % of/);
  expect(stormHeadline({ ...storm, region: "eu", cause: "regionLoss" })).toMatch(/^region outage: region eu/);
});
