/** Devices that do not try any more, in all that is shown of a run. */
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { stoppedWords } from "../../../../results/src/judge/stopped-words.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { type Summary, summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { renderReport } from "../../../../results/src/report/page.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { counters, record, storm, stormCohort, writeRun } from "../../../support/run-files.ts";

const CODE = "connack.not_authorized";

/** 100 devices of a worker, of which ten were told to stop and five gave up. */
function workerOf(workerId: string, out: boolean) {
  const [stopped, gaveUp] = out ? [10, 5] : [0, 0];
  const cohorts = {
    old: stormCohort({ affected: 100, recovered: 100 - stopped - gaveUp, stopped: stopped + gaveUp }),
  };
  return {
    record: record({
      workerId,
      cohorts: { old: { devices: 100, everOnline: 100 } },
      counters: { old: counters({ devicesRebooted: out ? 3 : 0 }) },
      storms: [storm({ cohorts })],
      stopped: out ? { old: { [CODE]: stopped } } : {},
      gaveUp: out ? { old: { tcp_refused: gaveUp } } : {},
    }),
  };
}

function shown(out: boolean): { summary: Summary; console: string; report: string } {
  const run = mergeRun(readRun([writeRun([workerOf("1", out), workerOf("2", out)])]));
  const summary = buildSummary(run, { target: 0.99, problems: [] });
  return {
    summary,
    console: consoleSummary(summary, { colour: false, files: [] }),
    report: renderReport({ summary, curves: curvesOf(run), script: null }),
  };
}

describe("devices that were told to stop, or gave up", () => {
  const { summary, console, report } = shown(true);

  it("are counted over workers, by cohort and reason", () => {
    expect(summary.stopped).toEqual({ old: { [CODE]: 20 } });
    expect(summary.gaveUp).toEqual({ old: { tcp_refused: 10 } });
    expect(summary.totals.devicesRebooted).toBe(6);
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    expect(stoppedWords(summary)).toEqual([
      [`told to stop by ${CODE}`, "old", "20"],
      ["gave up after tcp_refused", "old", "10"],
    ]);
  });

  it("are why the target cannot be reached: nobody waits for them", () => {
    expect(summary.storms[0]).toMatchObject({ stopped: 30, verdict: "stalled" });
    expect(summary.storms[0]?.verdictReason).toContain("30 devices had been told to stop, or had given up");
  });

  it("stand in console and report, and nothing does where all go on", () => {
    expect(console).toMatch(/told to stop by connack\.not_authorized +old +20\n/);
    expect(console).toMatch(/gave up after tcp_refused +old +10\n/);
    expect(console).toMatch(/rebooted +6\n/);
    for (const words of [`told to stop by ${CODE}`, "gave up after tcp_refused"])
      expect(report).toContain(words);
    const all = shown(false);
    expect(all.summary.storms[0]).toMatchObject({ stopped: 0, verdict: "recovered" });
    expect([all.summary.stopped, all.summary.gaveUp]).toEqual([{}, {}]);
    for (const text of [all.console, all.report]) expect(text).not.toMatch(/told to stop by|gave up after/);
    expect(all.console).not.toContain("Devices out of patience");
  });
});
