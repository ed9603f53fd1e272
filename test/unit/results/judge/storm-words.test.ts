import { expect, it } from "vitest";
import { fateWords } from "../../../../results/src/judge/storm-words.ts";
import type { StormFields } from "../../../../results/src/judge/summary-schema.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

function fatesOf(fields: Partial<StormFields>): string[] {
  const [storm] = summaryOf([spiralWorker("1")]).storms;
  if (storm === undefined) throw new Error("there is no storm");
  return fateWords({ ...storm, ...fields });
}

it("devices are out when the window ended, or when the run did, if that was before", () => {
  expect(fatesOf({})).toEqual(["30 out when the window ended"]);
  expect(fatesOf({ closed: false })).toEqual(["30 out when the run ended, before the window did"]);
});
