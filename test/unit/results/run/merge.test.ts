import type { LabEnd } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { meanPerS, peakPerS, sumBetween } from "../../../../results/src/judge/timeline-rates.ts";
import { mergeRun as mergeFiles } from "../../../../results/src/run/merge.ts";
import { RunBudget } from "../../../../results/src/run/run-budget.ts";
import { emptyRow, type TimelineRow } from "../../../../results/src/run/timeline.ts";
import { mergeTimelines, TimelineSum } from "../../../../results/src/run/timeline-sum.ts";
import { generator, record, storm, TIME_ZERO_MS } from "../../../support/run-files.ts";
import { addedUp, type WorkerFiles } from "../../../support/synthetic-run.ts";

const worker = (changes: Parameters<typeof record>[0]): WorkerFiles => ({
  record: record(changes),
  histograms: new Map(),
  timelineRows: [],
});
const mergeRun = (workers: readonly WorkerFiles[], labEnds: readonly LabEnd[] = []) =>
  mergeFiles(addedUp(workers), labEnds);

const row = (tMs: number, changes: Partial<ReturnType<typeof emptyRow>>): ReturnType<typeof emptyRow> => ({
  ...emptyRow(TIME_ZERO_MS + tMs, "one"),
  ...changes,
});

describe("mergeRun", () => {
  it("takes the earliest time zero, first start and last flush", () => {
    const run = mergeRun([
      worker({ timeZeroMs: 5000, startedAtMs: 4000, updatedAtMs: 9000 }),
      worker({ timeZeroMs: 4990, startedAtMs: 4100, updatedAtMs: 9500 }),
      worker({ timeZeroMs: null, startedAtMs: 3900, updatedAtMs: 3900 }),
    ]);
    expect(run).toMatchObject({ timeZeroMs: 4990, startedAtMs: 3900, endedAtMs: 9500 });
  });
  it("counts from the first start if no device was started", () => {
    expect(mergeRun([worker({ timeZeroMs: null, startedAtMs: 3900 })]).timeZeroMs).toBe(3900);
  });
  it("keeps the generators of all workers: how bad they were together is judged later", () => {
    const [one, two] = [generator({ cpuShare: 0.2 }), generator({ cpuShare: 0.99 })];
    const idle = storm({ startedAtMs: null, closed: false, generator: null });
    const run = mergeRun([
      worker({ generator: one, storms: [storm({ generator: two })] }),
      worker({ generator: two, storms: [idle] }),
    ]);
    expect(run.generators).toEqual([one, two]);
    expect(run.storms[0]?.generators).toEqual([two]);
  });
  it("holds a storm for watched if every worker that saw it begin saw it end", () => {
    const idle = worker({ storms: [storm({ startedAtMs: null, closed: false, generator: null })] });
    const closed = worker({ storms: [storm()] });
    const cut = worker({ storms: [storm({ closed: false })] });
    expect(mergeRun([idle, closed]).storms[0]).toMatchObject({
      closed: true,
      startedAtMs: TIME_ZERO_MS + 10_000,
    });
    expect(mergeRun([closed, cut]).storms[0]?.closed).toBe(false);
    expect(mergeRun([idle]).storms[0]).toMatchObject({ closed: false, startedAtMs: null, generators: [] });
  });
  it("does not hold a storm for watched where a worker was stopped before it saw it, unless it had no device", () => {
    const seen = worker({ storms: [storm()] });
    const unseen = storm({ startedAtMs: null, closed: false, generator: null });
    const withDevices = { all: { devices: 3, everOnline: 3 } };
    const closed = (changes: Parameters<typeof record>[0]): boolean | undefined =>
      mergeRun([seen, worker({ workerId: "2", storms: [unseen], ...changes })]).storms[0]?.closed;
    expect(closed({ state: "running", cohorts: withDevices })).toBe(false);
    expect(closed({ state: "interrupted", cohorts: withDevices })).toBe(false);
    expect(closed({ state: "ended", cohorts: withDevices })).toBe(true);
    expect(closed({ state: "running", cohorts: {} })).toBe(true);
  });
  it("holds the end of a lab against the storms of its own run", () => {
    const laterMs = 86_400_000;
    const first = worker({ testRunId: "monday", storms: [storm()], updatedAtMs: TIME_ZERO_MS + 40_000 });
    const second = worker({
      testRunId: "tuesday",
      startedAtMs: TIME_ZERO_MS + laterMs,
      timeZeroMs: TIME_ZERO_MS + laterMs,
      storms: [storm({ startedAtMs: TIME_ZERO_MS + laterMs + 10_000 })],
    });
    const end = (atMs: number) => ({ name: "the broker", how: "SIGKILL", atMs: TIME_ZERO_MS + atMs });
    const labEnd = (atMs: number): unknown => mergeRun([first, second], [end(atMs)]).storms[0]?.labEnd;
    expect(labEnd(12_000)).toEqual(end(12_000));
    expect(labEnd(laterMs + 12_000)).toEqual(end(laterMs + 12_000));
    // Both windows are over by then.
    expect(labEnd(31_000)).toBeNull();
    expect(labEnd(laterMs + 31_000)).toBeNull();
  });
});

describe("timeline", () => {
  const ofWorkers = (...workers: TimelineRow[][]): TimelineRow[] => {
    const sum = new TimelineSum();
    for (const rows of workers) sum.addWorker(rows, new RunBudget());
    return mergeTimelines([{ sum, zeroMs: TIME_ZERO_MS }]);
  };

  it("sums rows of several workers by time and cohort, counted from time zero", () => {
    const merged = ofWorkers(
      [row(0, { online: 3, drops: 1 })],
      [row(0, { online: 4, drops: 2 }), row(100, { online: 5 })],
    );
    expect(merged.map(({ t_ms, online, drops }) => [t_ms, online, drops])).toEqual([
      [0, 7, 3],
      [100, 5, 0],
    ]);
  });
  it("holds the levels of a worker that skipped rows, and counts no event for them", () => {
    const merged = ofWorkers([row(0, { online: 3, drops: 1 }), row(300, { online: 2 })]);
    expect(merged.map(({ t_ms, online, drops }) => [t_ms, online, drops])).toEqual([
      [0, 3, 1],
      [100, 3, 0],
      [200, 3, 0],
      [300, 2, 0],
    ]);
  });
  it("does not double the level of a row that stands twice", () => {
    const merged = ofWorkers([row(0, { online: 3, drops: 1 }), row(0, { online: 4, drops: 1 })]);
    expect(merged).toMatchObject([{ online: 4, drops: 2 }]);
  });
  it("has peak and mean over whole seconds, with rows off the storm's own instant", () => {
    // 30 attempts in the row that the storm falls into, then one per row for the rest of 4 s.
    const rows = Array.from({ length: 41 }, (_, i) => ({
      ...emptyRow(i * 100 - 50, "one"),
      connect_attempts: i === 0 ? 30 : 1,
    }));
    expect(sumBetween(rows, "connect_attempts", 0, 4000)).toBe(70);
    expect(peakPerS(rows, "connect_attempts", 0, 4000)).toBe(39);
    expect(meanPerS(rows, "connect_attempts", 3050, 3950)).toBe(10);
    expect(peakPerS([], "connect_attempts", 0, 4000)).toBe(0);
  });
});
