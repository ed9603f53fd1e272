import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";
import { record, storm, stormCohort } from "../../../support/run-files.ts";
import { summaryOf } from "../../../support/synthetic-run.ts";

/** 100 devices, all recovered from one storm. */
const runWith = (changes: Partial<Parameters<typeof record>[0]>): Summary =>
  summaryOf([
    {
      record: record({
        cohorts: { a: { devices: 100, everOnline: 100 } },
        storms: [storm({ cohorts: { a: stormCohort({ affected: 100, recovered: 100 }) } })],
        ...changes,
      }),
    },
  ]);

describe("a run whose sessions others took", () => {
  it.each([
    [0, "recovered", 0],
    [1, "recovered", 1],
    [2, null, 1],
  ])("%d of 100: verdict %s", (taken, verdict, warnings) => {
    const summary = runWith({ disconnects: { a: { reset: 100, session_taken_over: taken } } });
    expect(summary.storms[0]?.verdict).toBe(verdict);
    expect(summary.warnings).toHaveLength(warnings);
    expect(summary.exit.code).toBe(verdict === null ? 5 : 0);
    if (warnings > 0)
      expect(summary.warnings[0]).toMatch(/^\d connections were taken over by another client/);
  });

  it("because another run has the same devices", () => {
    const summary = runWith({ sameIdsAs: ["t-\u001b[2Jother"] });
    expect(summary.storms[0]).toMatchObject({
      verdict: null,
      verdictAbsence: "disturbed",
      verdictReason: "other clients with the same client ids took the devices' connections",
    });
    const text = consoleSummary(summary, { colour: false, files: [] });
    expect(text).toContain("WARNING: run t-\\u{1b}[2Jother had devices with the same client ids");
    expect(text).not.toContain("\u001b");
  });
});
