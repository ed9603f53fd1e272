import { histogramTag, type StormMetric, stormMetricName } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { summarizeStorms } from "../../../../results/src/judge/storm-summary.ts";
import { type StormSummary, summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { emptyRow } from "../../../../results/src/run/timeline.ts";
import {
  record,
  type SyntheticRow,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  writeRun,
} from "../../../support/run-files.ts";
import { evenly, summaryOf } from "../../../support/synthetic-run.ts";

const accepted = (t: number, connects: number): SyntheticRow => ({
  t_ms: TIME_ZERO_MS + t,
  cohort: "a",
  connects_accepted: connects,
});

describe("storm factor", () => {
  /** 10 connects in each 100 ms of the first second, 30 in the next; all of them again at once after the storm. */
  const timeline = [
    ...Array.from({ length: 20 }, (_, i) => accepted(i * 100, i < 10 ? 10 : 30)),
    accepted(10_000, 5000),
  ];
  const worker = (affected: number, rows = timeline) => ({
    record: record({
      cohorts: { a: { devices: 600, everOnline: 600 } },
      storms: [storm({ cohorts: { a: stormCohort({ affected, recovered: affected }) } })],
    }),
    timeline: rows,
  });

  it("is devices cut per connect of the best second before the first storm", () => {
    const summary = summaryOf([worker(600)]);
    expect(summary.storms[0]?.stormFactor).toBe(2);
    expect(consoleSummary(summary, { colour: false, files: [] })).toContain(
      "storm factor at most 2 s (best connect rate before the storms, a lower bound of what is sustainable)",
    );
  });

  it("is null where nothing was accepted before, or nobody was affected", () => {
    expect(summaryOf([worker(600, [accepted(10_000, 5000)])]).storms[0]?.stormFactor).toBeNull();
    expect(summaryOf([worker(0)]).storms[0]?.stormFactor).toBeNull();
  });

  it("counts the rate of all workers together", () => {
    const [one, two] = [worker(300), worker(300)];
    two.record = { ...two.record, workerId: "2" };
    expect(summaryOf([one, two]).storms[0]?.stormFactor).toBe(1);
  });

  it("is null in a summary that an older version wrote", () => {
    const summary = summaryOf([worker(600)]);
    const storms = summary.storms.map(({ stormFactor: _, ...older }) => older);
    expect(summarySchema.parse({ ...summary, storms }).storms[0]?.stormFactor).toBeNull();
  });
});

describe("times from the storm's instant", () => {
  const tag = (metric: StormMetric): string => histogramTag(stormMetricName(1, metric), "a");
  /** All of 100 devices were lost at once, and noticed it 5 s later; they were ready after another 1 to 3 s. */
  const worker = (workerId: string, recovered: number, isOld = false) => {
    const times = (fromMs: number): number[] => evenly(recovered, fromMs, fromMs + 2000);
    return {
      record: record({
        workerId,
        cohorts: { a: { devices: 100, everOnline: 100 } },
        storms: [storm({ cause: "exec", cohorts: { a: stormCohort({ affected: 100, recovered }) } })],
      }),
      intervals: [
        {
          [tag("ready_time")]: times(1000),
          [tag("reconnect_time")]: times(500),
          ...(isOld
            ? {}
            : { [tag("ready_from_storm")]: times(6000), [tag("reconnect_from_storm")]: times(5500) }),
        },
      ],
    };
  };

  it("stand beside those from the loss, over the same devices, in every worker's file", () => {
    const summary = summaryOf([worker("1", 100), worker("2", 60)]);
    const [{ readyMs, readyFromStormMs, reconnectFromStormMs, cohorts } = {} as StormSummary] =
      summary.storms;
    expect(readyFromStormMs?.p50).toBeCloseTo((readyMs.p50 ?? 0) + 5000, -1);
    expect(reconnectFromStormMs?.p50).toBeCloseTo((readyMs.p50 ?? 0) + 4500, -1);
    // 40 of 200 have not come back: the 90th of 100 is not reached on either clock.
    expect([readyMs.p90, readyFromStormMs?.p90, readyFromStormMs?.max]).toEqual([null, null, null]);
    expect(cohorts["a"]?.readyFromStormMs).toEqual(readyFromStormMs);
    expect(consoleSummary(summary, { colour: false, files: [] }).replace(/\s+/g, " ")).toMatch(
      /times above: from each device's loss; from the storm's instant: ready 50 % 7\.\d+ s, 90 % not reached,/,
    );
  });

  it("are not known where an older engine ran, and not reached where nobody came back", () => {
    const [old] = summaryOf([worker("1", 100, true)]).storms;
    expect([old?.readyFromStormMs, old?.reconnectFromStormMs]).toEqual([null, null]);
    const [nobody] = summaryOf([worker("1", 0)]).storms;
    expect(nobody?.readyFromStormMs).toEqual({ p50: null, p90: null, p99: null, max: null });
  });
});

describe("an external storm", () => {
  const watched = (startedAtMs: number | null, affected: number, workerId: string) => ({
    record: record({
      workerId,
      cohorts: { a: { devices: 100, everOnline: 100 } },
      storms: [
        storm({
          cause: "external",
          fraction: 0.5,
          atMs: 5000,
          startedAtMs,
          closed: startedAtMs !== null,
          cohorts: startedAtMs === null ? {} : { a: stormCohort({ affected, recovered: affected }) },
          generator: null,
        }),
      ],
    }),
  });

  it("begins with the first worker that saw it, and counts those that did", () => {
    const summary = summaryOf([
      watched(null, 0, "1"),
      watched(TIME_ZERO_MS + 42_700, 90, "2"),
      watched(TIME_ZERO_MS + 42_500, 80, "3"),
    ]);
    expect(summary.storms).toMatchObject([
      { happened: true, closed: true, at: 42_500, affected: 170, verdict: "recovered" },
    ]);
  });

  it("that no worker saw did not happen", () => {
    const summary = summaryOf([watched(null, 0, "1"), watched(null, 0, "2")]);
    expect(summary.storms).toMatchObject([
      {
        happened: false,
        at: 5000,
        verdict: null,
        verdictReason: "did not happen: no worker lost 50 % of its online devices within one second",
      },
    ]);
  });
});

it("a storm without a fraction is called by its cause", () => {
  const exec = storm({
    cause: "exec",
    fraction: null,
    cohorts: { a: stormCohort({ affected: 5, recovered: 5 }) },
  });
  const summary = summaryOf([{ record: record({ storms: [exec] }) }]);
  expect(summary.storms[0]?.fraction).toBeNull();
  expect(consoleSummary(summary, { colour: false, files: [] })).toContain(
    "Storm 1: command at 10 s: 5 devices affected",
  );
});

describe("what those who are out offer the fleet's target", () => {
  /** How often the one column that says it is read, for so many cohorts. */
  function readsWith(cohorts: number): number {
    const names = Array.from({ length: cohorts }, (_, i) => `c${i}`);
    const of = storm({
      cohorts: Object.fromEntries(names.map((name) => [name, stormCohort({ affected: 50, recovered: 1 })])),
    });
    const run = mergeRun(readRun([writeRun([{ record: record({ storms: [of] }) }])]));
    let reads = 0;
    run.timeline = Array.from({ length: 300 }, (_, i) => {
      const row = emptyRow(i * 100, "c0");
      return Object.defineProperty(row, "storm_connects", { enumerable: true, get: () => ++reads && 3 });
    });
    const [only] = summarizeStorms(run, 0.99);
    expect(only?.lastStretch.offered.connectsPerS).toBe(30);
    expect(only?.cohorts.c1?.lastStretch.offered).toEqual(only?.lastStretch.offered);
    return reads;
  }

  it("is looked for once, and not for each cohort", () => {
    expect(readsWith(40)).toBe(readsWith(2));
  });
});
