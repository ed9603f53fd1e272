/** Verdicts on runs of several machines, one of which was late, or lost, or had a clock of its own. */
import { histogramTag, stormMetricName, type WorkerRecord } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import {
  record,
  type SyntheticWorker,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  writeRun,
} from "../../../support/run-files.ts";
import { summaryOf } from "../../../support/synthetic-run.ts";

interface Machine {
  container: string;
  /** Its first device came so long after time zero; one came every 100 ms. */
  beganMs?: number;
  devices?: number;
  aheadMs?: number;
  changes?: Partial<WorkerRecord>;
  stormChanges?: Parameters<typeof storm>[0];
}

/** 25 of 100 devices are cut 10 s after time zero, within 5 ms, and come back. */
function machine({ container, beganMs = 0, devices = 100, aheadMs, changes, stormChanges }: Machine) {
  const affected = devices / 4;
  const spread = histogramTag(stormMetricName(1, "drop_spread"), "a");
  const cohorts = { a: stormCohort({ affected, recovered: affected, fleet: devices }) };
  return {
    record: record({
      workerId: `${container}-1`,
      containerName: container,
      clientIds: `device-${container}-000000`,
      cohorts: { a: { devices, everOnline: devices } },
      arrivals: {
        fromMs: TIME_ZERO_MS + beganMs + (aheadMs ?? 0),
        everyMs: 100,
        devices: Array.from({ length: devices }, () => 1),
      },
      clock:
        aheadMs === undefined
          ? null
          : { reference: "a-1", offsetMs: aheadMs, uncertaintyMs: 1, measuredAtMs: TIME_ZERO_MS },
      storms: [storm({ fraction: 0.25, cohorts, ...stormChanges })],
      ...changes,
    }),
    intervals: [{ [spread]: Array.from({ length: affected }, () => 5000) }],
  } satisfies Partial<SyntheticWorker>;
}

const first = machine({ container: "a" });
const MISSED = { startedAtMs: null, closed: false, missedByMs: 10_000, cohorts: {} };

describe("who should have been there", () => {
  it("is counted where a container came too late for the storm, which left its devices alone", () => {
    const late = machine({ container: "b", beganMs: 20_000, aheadMs: 0, stormChanges: MISSED });
    const [judged] = summaryOf([first, late]).storms;
    expect(judged).toMatchObject({
      affected: 25,
      verdict: null,
      verdictAbsence: "not-watched",
      presence: {
        due: 200,
        there: 100,
        affectedDue: 50,
        gaps: [{ container: "b", due: 100, missing: 100, lateMs: 20_000 }],
      },
    });
    expect(judged?.verdictReason).toContain(
      "100 of the 200 devices that should have been there were, so 25 were affected in place of 50: container b began 20 s after the first, and its 100 devices were missing",
    );
  });

  it("is counted where only a part of its devices had come, and a verdict on the others would be one on another storm", () => {
    const late = machine({ container: "b", beganMs: 4000, aheadMs: 0 });
    const [judged] = summaryOf([first, late]).storms;
    expect(judged?.presence).toMatchObject({ due: 200, there: 160, gaps: [{ missing: 40, lateMs: 4000 }] });
    expect(judged).toMatchObject({ verdict: null, verdictAbsence: "not-watched" });
  });

  it("is counted where a worker of the only machine came too late, whose devices were there", () => {
    const [one, other] = ["1", "2"].map((workerId) => {
      const { record: own, ...files } = machine({ container: "" });
      return { ...files, record: { ...own, workerId } };
    }) as [typeof first, typeof first];
    const missed = { ...other, record: { ...other.record, storms: [storm({ fraction: 0.25, ...MISSED })] } };
    const [judged] = summaryOf([one, missed]).storms;
    expect(judged?.presence).toMatchObject({ due: 200, there: 100 });
    expect(judged?.verdictReason).toContain("of this machine 100 of its 200 devices took no part");
  });

  it("is all there where a late container had all its devices in time, on its own clock", () => {
    const late = machine({ container: "b", beganMs: 4000, devices: 40, aheadMs: 300 });
    const inTime = { ...late.record.storms[0], startedAtMs: TIME_ZERO_MS + 10_300 };
    const moved = { ...late, record: { ...late.record, storms: [inTime] } } as typeof late;
    const [judged] = summaryOf([first, moved]).storms;
    expect(judged?.presence).toEqual({ due: 140, there: 140, affectedDue: 35, gaps: [] });
    expect(judged?.verdict).toBe("recovered");
  });

  it("says so beside a verdict that a few missing devices do not touch", () => {
    const late = machine({ container: "b", beganMs: 200, aheadMs: 0 });
    const summary = summaryOf([first, late]);
    expect(summary.storms[0]).toMatchObject({ verdict: "recovered", presence: { due: 200, there: 198 } });
    expect(consoleSummary(summary, { colour: false, files: [] })).toContain(
      "198 of the 200 devices that should have been there were",
    );
  });

  it("has those of a container that others heard of, and that left no files", () => {
    const alone = machine({ container: "a", changes: { others: [{ container: "b", devices: 80 }] } });
    const summary = summaryOf([alone]);
    expect(summary.storms[0]).toMatchObject({
      verdict: null,
      verdictAbsence: "not-watched",
      presence: {
        due: 180,
        there: 100,
        affectedDue: 45,
        gaps: [{ container: "b", missing: 80, lateMs: null }],
      },
    });
    expect(summary.complete).toBe(false);
    expect(summary.missing).toEqual(["container b left no files: it had 80 devices"]);
    expect(summary.exit.code).toBe(5);
  });

  it("has those of one that was killed before its files had them, by its last word to the others", () => {
    const heard = machine({ container: "a", changes: { others: [{ container: "b", devices: 80 }] } });
    const killed = machine({
      container: "b",
      devices: 0,
      changes: { state: "running", arrivals: { fromMs: null, everyMs: 100, devices: [] } },
      stormChanges: { startedAtMs: null, closed: false, cohorts: {} },
    });
    const summary = summaryOf([heard, killed]);
    expect(summary.storms[0]).toMatchObject({
      verdictAbsence: "not-watched",
      presence: { due: 180, there: 100, gaps: [{ container: "b", due: 80, missing: 80 }] },
    });
    expect(summary.exit.code).toBe(5);
  });

  it.each([
    ["beside another, to which the storm came", true],
    ["and nobody else left files", false],
  ])("has those of one that never had a time zero, %s", (_what, isBeside) => {
    const container = { ordinal: 1, of: 2, process: "p" };
    const blind = machine({
      container: "1",
      changes: { timeZeroMs: null, container },
      stormChanges: { startedAtMs: null, closed: false, cohorts: {} },
    });
    const other = machine({ container: "0" });
    const summary = summaryOf(isBeside ? [other, blind] : [blind]);
    expect(summary.storms[0]).toMatchObject({ verdict: null, verdictAbsence: "not-watched" });
    if (isBeside) expect(summary.storms[0]?.presence).toMatchObject({ due: 200, there: 100 });
    else expect(summary.storms[0]?.verdictReason).toContain("container 1 heard of no other container");
    expect(summary.exit.code).toBe(5);
  });

  it("has those of containers that were due and that nobody heard of: each runs the whole script", () => {
    const summary = summaryOf([machine({ container: "a", changes: { containersDue: 3 } })]);
    expect(summary.storms[0]?.presence).toMatchObject({ due: 300, there: 100, affectedDue: 75 });
    expect(summary.missing).toEqual([
      "one more container left no files: it was due, and nobody heard of it",
      "one more container left no files: it was due, and nobody heard of it",
    ]);
  });

  it("is what is here for one machine's own summary, which says whose is missing", () => {
    const alone = machine({ container: "a", changes: { others: [{ container: "b", devices: 80 }] } });
    const run = mergeRun(readRun([writeRun([alone])]), [], "machine");
    const summary = buildSummary(run, { target: 0.99, problems: [], of: "machine" });
    expect(summary).toMatchObject({ complete: true, storms: [{ verdict: "recovered" }] });
    expect(summary.warnings.join()).toContain("container b not in it");
  });

  it("is not known to be more in files of an older engine", () => {
    const {
      containerName: _c,
      arrivals: _a,
      others: _o,
      containersDue: _d,
      clock: _k,
      ...older
    } = first.record;
    const summary = summaryOf([{ ...first, record: older as WorkerRecord }]);
    expect(summary.storms[0]).toMatchObject({ verdict: "recovered", presence: null });
    expect(summary).toMatchObject({ warnings: [], clocks: [], complete: true });
  });
});

describe("clocks", () => {
  const spreadOf = (aheadMs: number) => {
    const summary = summaryOf([first, machine({ container: "b", aheadMs })]);
    return { summary, judged: summary.storms[0] };
  };

  it("that are 2 s apart make two storms, whatever each says of its own", () => {
    const { summary, judged } = spreadOf(2000);
    expect(judged).toMatchObject({
      affected: 50,
      recovered: 50,
      verdict: null,
      verdictAbsence: "not-watched",
      verdictReason: "not one storm: container a came to it 2 s after container b",
    });
    // The one that is ahead was there first.
    expect(judged?.dropSpreadMs.p50).toBeCloseTo(5, 1);
    expect(judged?.dropSpreadMs.max).toBeGreaterThan(2000);
    expect(judged?.dropSpreadMs.max).toBeLessThan(2010);
    expect(summary.warnings.join()).toContain(
      "the clock of container b is 2 s ahead of that of container a (within 1 ms)",
    );
    expect(summary.clocks).toEqual([
      { container: "a", aheadMs: 0, uncertaintyMs: 0 },
      { container: "b", aheadMs: 2000, uncertaintyMs: 1 },
    ]);
  });

  it("that are 2 s apart make one storm where both went by that of the place", () => {
    const startedAtMs = TIME_ZERO_MS + 12_000;
    const ahead = machine({ container: "b", beganMs: 0, aheadMs: 2000, stormChanges: { startedAtMs } });
    const summary = summaryOf([first, ahead]);
    expect(summary.storms[0]).toMatchObject({ affected: 50, verdict: "recovered" });
    expect(summary.storms[0]?.dropSpreadMs.max).toBeLessThan(10);
    expect(summary.warnings.join()).toContain("but their storms came together: times are corrected by it");
  });

  it.each([
    [-300, true],
    [50, true],
    [49, false],
    [-49, false],
  ])("that are %i ms apart: warned about is %s", (aheadMs, isWarned) => {
    const { summary, judged } = spreadOf(aheadMs);
    expect(judged?.verdict).toBe("recovered");
    expect(judged?.dropSpreadMs.max).toBeCloseTo(5 + Math.abs(aheadMs), 0);
    expect(summary.warnings.some((one) => one.includes("the clock of"))).toBe(isWarned);
  });

  it("that may as well be right correct nothing", () => {
    const one = machine({ container: "b", aheadMs: 0.8 });
    expect(summaryOf([first, one]).storms[0]?.dropSpreadMs.max).toBe(
      summaryOf([first]).storms[0]?.dropSpreadMs.max,
    );
  });

  it("that were not measured are said", () => {
    const warnings = summaryOf([first, machine({ container: "b" })]).warnings.join();
    expect(warnings).toContain("clocks could not be held against the others': container b");
  });

  it("follow a chain, and no circle", () => {
    const clock = (reference: string, offsetMs: number) => ({
      reference,
      offsetMs,
      uncertaintyMs: 1,
      measuredAtMs: TIME_ZERO_MS,
    });
    const third = machine({ container: "c", changes: { clock: clock("b-1", 500) } });
    const chain = summaryOf([first, machine({ container: "b", aheadMs: 200 }), third]);
    expect(chain.clocks.map(({ aheadMs }) => aheadMs)).toEqual([0, 200, 700]);
    const circle = ["b", "c"].map((container, i) =>
      machine({ container, changes: { clock: clock(i === 0 ? "c-1" : "b-1", 500) } }),
    );
    expect(summaryOf([first, ...circle]).clocks.map(({ aheadMs }) => aheadMs)).toEqual([0, null, null]);
  });

  it("move the timeline by whole rows", () => {
    const row = (t_ms: number, connects_accepted: number) => ({ t_ms, cohort: "a", connects_accepted });
    const one = { ...first, timeline: [row(TIME_ZERO_MS + 1000, 7)] };
    const ahead = { ...machine({ container: "b", aheadMs: 340 }), timeline: [row(TIME_ZERO_MS + 1300, 5)] };
    const { timeline, timeZeroMs } = mergeRun(readRun([writeRun([one, ahead])]));
    expect(timeline.map((of) => of.connects_accepted)).toEqual([12]);
    expect(timeZeroMs).toBe(TIME_ZERO_MS - 300);
  });
});

it("a container that came to a storm on a time zero of its own made a storm of its own", () => {
  const late = machine({
    container: "b",
    beganMs: 20_000,
    aheadMs: 0,
    changes: { timeZeroMs: TIME_ZERO_MS + 20_000 },
    stormChanges: { startedAtMs: TIME_ZERO_MS + 30_000 },
  });
  expect(summaryOf([first, late]).storms[0]).toMatchObject({
    affected: 50,
    recovered: 50,
    verdict: null,
    verdictReason: "not one storm: container b came to it 20 s after container a",
  });
});
