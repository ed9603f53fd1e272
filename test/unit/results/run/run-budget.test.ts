/** Many small files are as much as a large one: what is read of all of them together has bounds, here small ones. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { histogramTag } from "artillery-engine-mqtt/contract";
import { describe, expect, it, vi } from "vitest";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { type RunFiles, readRun } from "../../../../results/src/run/run-files.ts";
import { record, storm, stormCohort, TIME_ZERO_MS, writeRun } from "../../../support/run-files.ts";

vi.mock("../../../../results/src/run/limits.ts", async (original) => {
  const { LIMITS } = await original<typeof import("../../../../results/src/run/limits.ts")>();
  const run = {
    ...LIMITS.run,
    recordBytes: 50_000,
    histogramLogBytes: 20_000,
    timelineBytes: 20_000,
    intervals: 12,
    inflatedBytes: 1000,
    tags: 5,
    cohorts: 6,
    storms: 4,
    stormParts: 9,
    failureNames: 8,
    rows: 40,
    rowsOfStorms: 60,
    filledRows: 20,
    problems: 7,
  };
  return { LIMITS: { ...LIMITS, run } };
});

const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i + 1));
const named = <Value>(names: readonly string[], value: Value): Record<string, Value> =>
  Object.fromEntries(names.map((name) => [name, value]));
const recordOf = (workerId: string, changes: Parameters<typeof record>[0] = {}) => ({
  record: record({ workerId, ...changes }),
});
const rowsOf = ({ timelines }: RunFiles): number =>
  [...timelines.values()].reduce((sum, timeline) => sum + timeline.takeRows().length, 0);

describe("of all workers together", () => {
  it("so many tags are read", () => {
    const tags = (worker: string): string[] => [1, 2, 3].map((i) => histogramTag(`m${worker}.${i}`, "a"));
    const { histograms, problems } = readRun([
      writeRun(ids(2).map((id) => ({ ...recordOf(id), intervals: [named(tags(id), [100])] }))),
    ]);
    expect([...histograms.keys()]).toEqual([...tags("1"), ...tags("2").slice(0, 2)]);
    expect(problems).toEqual(["worker-2.hlog: 1 lines were skipped: at most 5 tags are read of one run"]);
  });

  it("so many intervals, and so much of them", () => {
    const tag = histogramTag("m", "a");
    const flushes = (n: number, values: number[]) => Array.from({ length: n }, () => ({ [tag]: values }));
    const many = readRun([writeRun(ids(2).map((id) => ({ ...recordOf(id), intervals: flushes(7, [100]) })))]);
    expect(many.histograms.get(tag)?.totalCount).toBe(12);
    expect(many.problems).toEqual([
      expect.stringMatching(
        /^worker-2\.hlog was read up to line \d+: at most 12 intervals are read of one run$/,
      ),
    ]);
    const wide = Array.from({ length: 200 }, (_, i) => i * 5000);
    const large = readRun([writeRun(ids(2).map((id) => ({ ...recordOf(id), intervals: flushes(2, wide) })))]);
    expect(large.problems).toContainEqual(
      expect.stringContaining("at most 1000 bytes of inflated intervals are read of one run"),
    );
  });

  it("so many rows, summed: workers that saw the same times take no more", () => {
    const timeline = Array.from({ length: 30 }, (_, i) => ({
      t_ms: TIME_ZERO_MS + i * 100,
      cohort: "a",
      online: 1,
    }));
    const same = readRun([writeRun(ids(3).map((id) => ({ ...recordOf(id), timeline })))]);
    expect(same.problems).toEqual([]);
    const merged = mergeRun(same).timeline;
    expect(merged).toHaveLength(30);
    expect(merged.every(({ online }) => online === 3)).toBe(true);
    const later = timeline.map((row) => ({ ...row, t_ms: row.t_ms + 60_000_000 }));
    const apart = readRun([
      writeRun([
        { ...recordOf("1"), timeline },
        { ...recordOf("2"), timeline: later },
      ]),
    ]);
    expect(rowsOf(apart)).toBe(40);
    expect(apart.problems).toEqual([
      "worker-2.timeline.csv: 20 rows were left out: at most 40 rows, and 60 for all storms together, are read of one run",
    ]);
  });

  it("so many rows for all storms", () => {
    const timeline = Array.from({ length: 30 }, (_, i) => ({ t_ms: TIME_ZERO_MS + i * 100, cohort: "a" }));
    const storms = [1, 2, 3].map((index) => storm({ index }));
    const files = readRun([writeRun([{ ...recordOf("1", { storms }), timeline }])]);
    expect(rowsOf(files)).toBe(20);
    expect(files.problems[0]).toContain("10 rows were left out");
  });

  it("so many rows are filled", () => {
    const timeline = [0, 1500].map((t_ms) => ({ t_ms: TIME_ZERO_MS + t_ms, cohort: "a", online: 1 }));
    const files = readRun([writeRun(ids(2).map((id) => ({ ...recordOf(id), timeline })))]);
    expect(rowsOf(files)).toBe(16);
    expect(files.problems).toEqual([
      "worker-2.timeline.csv: 14 missing rows were not filled: at most 20 filled rows are read of one run",
    ]);
  });

  it("so many cohorts, in records and timelines", () => {
    const cohorts = (id: string): string[] => [1, 2, 3, 4].map((i) => `${id}.${i}`);
    const { records, problems } = readRun([
      writeRun(
        ids(3).map((id) =>
          recordOf(id, {
            cohorts: named(id === "3" ? cohorts("1") : cohorts(id), { devices: 1, everOnline: 1 }),
          }),
        ),
      ),
    ]);
    expect(records.map(({ workerId }) => workerId)).toEqual(["1", "3"]);
    expect(problems).toEqual(["worker-2.json cannot be read: at most 6 cohorts are read of one run"]);
    const timeline = ids(9).map((cohort) => ({ t_ms: TIME_ZERO_MS, cohort }));
    const files = readRun([writeRun([{ ...recordOf("1"), timeline }])]);
    expect(rowsOf(files)).toBe(6);
    expect(files.problems).toEqual([
      "worker-1.timeline.csv: 3 rows were left out: at most 6 cohorts are read of one run",
    ]);
  });

  it.each([
    [
      "storms",
      (id: string) => ({ storms: [1, 2, 3].map((i) => storm({ index: Number(id) * 10 + i })) }),
      "4 storms",
    ],
    [
      "cohorts of storms",
      (id: string) => ({
        storms: [1, 2].map((i) =>
          storm({ index: Number(id) * 2 + i, cohorts: named(["a", "b", "c"], stormCohort()) }),
        ),
      }),
      "9 cohorts and regions of all storms",
    ],
    [
      "names of errors",
      (id: string) => ({
        errors: {
          a: named(
            [1, 2, 3, 4, 5].map((i) => `${id}.${i}`),
            1,
          ),
        },
      }),
      "8 names of errors and disconnects",
    ],
    [
      "bytes of records",
      (id: string) => ({ sameIdsAs: Array.from({ length: 30 }, () => id.repeat(900)) }),
      "50000 bytes of records",
    ],
  ])("so many %s", (_what, changes, most) => {
    const { records, problems } = readRun([writeRun(ids(2).map((id) => recordOf(id, changes(id))))]);
    expect(records.map(({ workerId }) => workerId)).toEqual(["1"]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^worker-2\.json cannot be read: at most \d+ .* are read of one run$/);
    expect(problems[0]).toContain(most);
  });

  it.each([
    ["worker-2.hlog", "histogram logs"],
    ["worker-2.timeline.csv", "timelines"],
  ])("so many bytes, of which those of %s would be too many", (name, what) => {
    const directory = writeRun(ids(2).map((id) => recordOf(id)));
    writeFileSync(join(directory, name), "#".repeat(19_990));
    expect(readRun([directory]).problems).toEqual([
      `${name} cannot be read: at most 20000 bytes of ${what} are read of one run`,
    ]);
  });

  it("so much is said", () => {
    const directory = writeRun([recordOf("1")]);
    for (const id of ids(100).slice(1)) writeFileSync(join(directory, `worker-${id}.json`), "{");
    const { problems } = readRun([directory]);
    expect(problems).toHaveLength(8);
    expect(problems.at(-1)).toBe("and 92 more problems");
  });
});
