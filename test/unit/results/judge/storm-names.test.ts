import { describe, expect, it } from "vitest";
import { progressLine } from "../../../../results/src/console/progress.ts";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { failuresOf, gateChecks } from "../../../../results/src/judge/gate.ts";
import { openStorms } from "../../../../results/src/judge/storm-progress.ts";
import { stormHeadline } from "../../../../results/src/report/words.ts";
import type { SyntheticWorker } from "../../../support/run-files.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

function namedWorker(name: string): SyntheticWorker {
  const worker = spiralWorker("1");
  const storms = (worker.record?.storms ?? []).map((storm) => ({ ...storm, name }));
  return { ...worker, record: { ...worker.record, storms } as SyntheticWorker["record"] };
}

describe("a storm that says what happened", () => {
  const summary = summaryOf([namedWorker("power cut")]);
  const [storm] = summary.storms;

  it("is called so in summary, console, report and gates", () => {
    expect(storm?.name).toBe("power cut");
    expect(Object.values(storm?.cohorts ?? {}).map(({ name }) => name)).toEqual(["power cut", "power cut"]);
    expect(consoleSummary(summary, { colour: false, files: [] })).toMatch(
      /Storm 1: power cut \(reset of .* %\) at /,
    );
    expect(storm && stormHeadline(storm)).toMatch(/^power cut: .*connections reset/);
    expect(failuresOf(gateChecks({ unrecovered: 0 }, summary))[0]?.message).toMatch(
      /^storm 1 \(power cut\), all cohorts: /,
    );
  });

  it("is called so while it goes on", () => {
    const { record } = namedWorker("power\u001b cut");
    const open = { ...record, storms: record.storms.map((one) => ({ ...one, closed: false })) };
    const [progress] = openStorms([{ record: open, rows: [] }]);
    expect(progress && progressLine(progress)).toMatch(/^storm 1 \(power.* cut\): /);
    expect(progress && progressLine(progress)).not.toContain("\u001b");
  });

  it("has no name in a run whose script gives none", () => {
    expect(summaryOf([spiralWorker("1")]).storms[0]?.name).toBeNull();
  });
});
