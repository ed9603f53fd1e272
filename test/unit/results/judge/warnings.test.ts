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

  it("because devices of the fleet share ids: one takeover says that there are fewer than it seems", () => {
    const example = (clientId: string, takeovers: number) => ({
      clientId,
      devices: ["device-1", "device-2"] as [string, string],
      takeovers,
    });
    const summary = runWith({
      disconnects: { a: { reset: 100, session_taken_over: 4 } },
      ownTakeovers: { count: 3, examples: [example("seldom", 1), example("gw-\u001b[2J", 2)] },
    });
    const reason =
      'devices of the fleet fight each other for client id "gw-\\u001b[2J" (device-1 and device-2)';
    expect(summary.storms[0]).toMatchObject({
      verdict: null,
      verdictAbsence: "disturbed",
      verdictReason: reason,
    });
    expect(summary.warnings[0]).toMatch(
      /^devices of one fleet fight each other for client id "gw-.* 3 times one lost/,
    );
    // The fourth was somebody else's.
    expect(summary.warnings[1]).toMatch(/^1 connections were taken over by another client/);
    expect(summary.exit.code).toBe(5);
    expect(consoleSummary(summary, { colour: false, files: [] })).toContain(
      "devices of one fleet fight each other",
    );
    expect(runWith({ ownTakeovers: { count: 1, examples: [] } }).storms[0]?.verdict).toBeNull();
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
