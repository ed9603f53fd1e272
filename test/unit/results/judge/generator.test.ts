import { type GeneratorHealth, histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import {
  doubtfulPercentiles,
  generatorSummary,
  saturationReasons,
} from "../../../../results/src/judge/generator.ts";
import { generator, histogramOf, record, storm, stormCohort } from "../../../support/run-files.ts";
import { evenly, summaryOf } from "../../../support/synthetic-run.ts";

const reasons = (
  changes: Partial<GeneratorHealth>,
  reportedMs: (number | null)[] = [1000, 2000, 3000],
  refusedHere = 0,
): string[] => saturationReasons({ workers: [generator(), generator(changes)], reportedMs, refusedHere });
const late = (p50: number, p99: number, max = p99): Partial<GeneratorHealth> => ({
  eventLoopDelayMs: { p50, p99, max },
});

describe("a saturated generator says why", () => {
  it.each<{
    what: string;
    health: Partial<GeneratorHealth>;
    reportedMs: (number | null)[];
    reason: string | null;
  }>([
    { what: "in good health", health: {}, reportedMs: [1000], reason: null },
    {
      what: "a stop of a tenth of the shortest time that is reported",
      health: late(0, 2, 100),
      reportedMs: [1000, null, 5000],
      reason: null,
    },
    {
      what: "and a longer one",
      health: late(0, 2, 101),
      reportedMs: [1000, null, 5000],
      reason: "it stood still for up to 101 ms, 10.1 % of a reported time of 1 s",
    },
    { what: "a stop where nothing is reported", health: late(0, 2, 5000), reportedMs: [null], reason: null },
    { what: "still for a tenth of the time", health: { stalledMs: 2000 }, reportedMs: [1000], reason: null },
    {
      what: "and for more",
      health: { stalledMs: 2002 },
      reportedMs: [1000],
      reason: "it stood still for 10 % of the time",
    },
    { what: "late by 10 ms half of the time", health: late(10, 20), reportedMs: [1000], reason: null },
    {
      what: "and by more",
      health: late(10.1, 20),
      reportedMs: [1000],
      reason: "its event loop was late by 10.1 ms half of the time and by 20 ms at p99",
    },
    {
      what: "late by 100 ms one time in a hundred",
      health: late(0, 100),
      reportedMs: [10_000],
      reason: null,
    },
    {
      what: "and by more",
      health: late(0, 101),
      reportedMs: [10_000],
      reason: "its event loop was late by 0 ms half of the time and by 101 ms at p99",
    },
    {
      what: "late by 26 ms on an idle core",
      health: { ...late(0, 26), cpuShare: 0.94 },
      reportedMs: [10_000],
      reason: null,
    },
    {
      what: "and on a busy one",
      health: { ...late(0, 26), cpuShare: 0.95 },
      reportedMs: [10_000],
      reason: "its event loop was late by 0 ms half of the time and by 26 ms at p99",
    },
    { what: "a busy core alone", health: { cpuShare: 1 }, reportedMs: [1000], reason: null },
    {
      what: "waiting for a processor for 30 % of the time",
      health: { cpuWaitMs: 6000 },
      reportedMs: [1000],
      reason: null,
    },
    {
      what: "and for longer",
      health: { cpuWaitMs: 6100 },
      reportedMs: [1000],
      reason: "it waited for a processor for 30.5 % of the time",
    },
    { what: "on a system that does not say", health: { cpuWaitMs: null }, reportedMs: [1000], reason: null },
    {
      what: "a stop explains a loop that was late",
      health: late(0, 500),
      reportedMs: [1000],
      reason: "it stood still for up to 500 ms, 50 % of a reported time of 1 s",
    },
  ])("$what", ({ health, reportedMs, reason }) => {
    expect(reasons(health, reportedMs)).toEqual(reason === null ? [] : [reason]);
  });

  it("refusals by this machine always count", () => {
    expect(reasons({}, [1000], 1)).toEqual([
      "this machine itself refused 1 attempts: it had no port or file descriptor left",
    ]);
  });

  it("is as bad as its worst worker, in every figure", () => {
    const evidence = {
      workers: [
        generator({ ...late(1, 30, 31), cpuShare: 0.2, operationDelayMs: null }),
        generator({ ...late(2, 20, 40), cpuShare: 0.9, stalledMs: 70 }),
      ],
      reportedMs: [],
      refusedHere: 0,
    };
    expect(generatorSummary(evidence)).toMatchObject({
      saturated: false,
      reasons: [],
      eventLoopDelayMs: { p50: 2, p99: 30, max: 40 },
      operationDelayMs: { p50: 0.1, p99: 0.5 },
      cpuShare: 0.9,
      stalledMs: 70,
    });
    expect(generatorSummary({ ...evidence, workers: [] })).toBeNull();
  });
});

describe("a service time of the order of the generator's own delay", () => {
  const met = generator({ operationDelayMs: { p50: 0.1, p99: 0.5 } });
  it.each([
    { p50: 0.4, p99: 2, doubtful: [] },
    { p50: 0.39, p99: 2, doubtful: ["p50"] },
    { p50: 0.4, p99: 1.9, doubtful: ["p99"] },
    { p50: 0.1, p99: 0.1, doubtful: ["p50", "p99"] },
    { p50: null, p99: null, doubtful: [] },
  ])("p50 $p50 ms, p99 $p99 ms", ({ p50, p99, doubtful }) => {
    expect(doubtfulPercentiles({ p50, p99 }, [met])).toEqual(doubtful);
  });

  it("is not doubted where nobody knows", () => {
    expect(doubtfulPercentiles({ p50: 0.01, p99: 0.02 }, [generator({ operationDelayMs: null })])).toEqual(
      [],
    );
  });

  it("says so itself", () => {
    const tcp = Array.from({ length: 200 }, (_, i) => 100 + i);
    const summary = summaryOf([
      {
        record: record({}),
        intervals: [{ "mqtt.tcp_time;a": tcp, "mqtt.connect_time;a": [90_000, 91_000] }],
      },
    ]);
    expect(histogramOf(tcp).totalCount).toBe(200);
    expect(summary.latencyMs.tcp.doubtful).toEqual(["p50", "p99"]);
    expect(summary.latencyMs.connect.doubtful).toEqual([]);
    const text = consoleSummary(summary, { colour: false, files: [] });
    expect(text).toMatch(/TCP +200 +0\.2 ms\* +0\.28 ms +0\.3 ms\*/);
    expect(text.replace(/\s+/g, " ")).toContain(
      "* at least partly the generator's own delay: its event loop was late by 0.1 ms at p50, 0.5 ms at p99, as these ended",
    );
  });
});

describe("a storm in which the generator was the bottleneck", () => {
  const cohorts = { a: stormCohort({ affected: 100, recovered: 100, refusedHere: 3 }) };

  it("carries the mark, and so does the run, whatever it was like in quiet times", () => {
    const summary = summaryOf([{ record: record({ storms: [storm({ cohorts })] }) }]);
    expect(summary.storms[0]).toMatchObject({
      verdict: "recovered",
      generatorSaturated: true,
      refusedHere: 3,
    });
    expect(summary.generator).toMatchObject({
      saturated: true,
      reasons: ["storm 1: this machine itself refused 3 attempts: it had no port or file descriptor left"],
    });
    const text = consoleSummary(summary, { colour: false, files: [] });
    expect(text).toContain("RECOVERED (generator saturated)");
    expect(text).toContain("generator saturated: loop delay p50 0.1 ms, p99 2 ms, max 8 ms");
    expect(text).toContain("  storm 1: this machine itself refused 3 attempts");
  });

  it.each([
    [5001, null],
    [4999, "recovered"],
  ])("that stood still for %d ms of a window of 20 s: %s", (maxMs, verdict) => {
    const health = generator({ eventLoopDelayMs: { p50: 0, p99: 1, max: maxMs } });
    const all = { a: stormCohort({ affected: 100, recovered: 100 }) };
    const summary = summaryOf([
      { record: record({ storms: [storm({ cohorts: all, generatorInWindow: health })] }) },
    ]);
    expect(summary.storms[0]?.verdict).toBe(verdict);
    if (verdict === null) {
      expect(summary.storms[0]).toMatchObject({
        verdictAbsence: "not-watched",
        verdictReason: "not watched: the load generator stood still for 5 s of the window",
      });
      expect(summary.exit.code).toBe(5);
    }
  });

  it("whose end a worker noticed too late has no verdict: it sees the devices as they were before", () => {
    const cohorts = { a: stormCohort({ affected: 100, recovered: 100 }) };
    const summary = summaryOf([{ record: record({ storms: [storm({ cohorts, endMissedByMs: 4321 })] }) }]);
    expect(summary.storms[0]).toMatchObject({
      verdict: null,
      verdictAbsence: "not-watched",
      verdictReason: "not watched to its end: worker 1 came to the end of its window 4.32 s after it",
    });
    expect(summary.exit.code).toBe(5);
  });

  it("is marked by what held its devices up over the whole window, where its recovery was not held up", () => {
    const cohorts = { a: stormCohort({ affected: 100, recovered: 60 }) };
    const generatorInWindow = generator({ stalledMs: 8000 });
    const summary = summaryOf([{ record: record({ storms: [storm({ cohorts, generatorInWindow })] }) }]);
    expect(summary.storms[0]?.generator).toMatchObject({
      saturated: true,
      stalledMs: 0,
      reasons: ["it stood still for 40 % of the time (over the whole window)"],
    });
  });

  it("is marked by one of its cohorts, whose times are shorter", () => {
    const health = generator({ eventLoopDelayMs: { p50: 0.1, p99: 2, max: 40 } });
    const cohorts = {
      slow: stormCohort({ affected: 100, recovered: 100 }),
      quick: stormCohort({ affected: 100, recovered: 100 }),
    };
    const summary = summaryOf([
      {
        record: record({ storms: [storm({ cohorts, generator: health })] }),
        intervals: [
          {
            [histogramTag(stormMetricName(1, "ready_time"), "slow")]: evenly(100, 5000, 9000),
            [histogramTag(stormMetricName(1, "ready_time"), "quick")]: evenly(100, 600, 700),
            [histogramTag(stormMetricName(1, "reconnect_time"), "slow")]: evenly(100, 4000, 5000),
            [histogramTag(stormMetricName(1, "reconnect_time"), "quick")]: evenly(100, 100, 200),
          },
        ],
      },
    ]);
    expect(summary.storms[0]).toMatchObject({
      generatorSaturated: true,
      cohorts: { slow: { generatorSaturated: false }, quick: { generatorSaturated: true } },
      generator: {
        reasons: ["cohort quick: it stood still for up to 40 ms, 20.1 % of a reported time of 199 ms"],
      },
    });
    expect(summary.generator?.reasons).toEqual([
      "storm 1: cohort quick: it stood still for up to 40 ms, 20.1 % of a reported time of 199 ms",
    ]);
  });

  it("that a worker came to too late has no verdict", () => {
    const missed = storm({ startedAtMs: null, closed: false, missedByMs: 3210, generator: null });
    const inTime = storm({ cohorts: { a: stormCohort({ affected: 100, recovered: 100 }) } });
    const summary = summaryOf([
      { record: record({ storms: [inTime] }) },
      { record: record({ workerId: "2", storms: [missed] }) },
    ]);
    expect(summary.storms[0]).toMatchObject({
      verdict: null,
      verdictAbsence: "not-watched",
      verdictReason: "not watched: worker 2 came to it 3.21 s after its instant, and left its devices alone",
    });
    expect(summary.exit.code).toBe(5);
  });
});
