import {
  histogramTag,
  MESSAGE_COUNTER_NAMES,
  type MessageCounter,
  type WorkerMessages,
} from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../results/src/config/config.ts";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { percentilesCsv } from "../../../../results/src/csv/percentiles.ts";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { type Fail, failuresOf, gateChecks } from "../../../../results/src/judge/gate.ts";
import { percentileTable } from "../../../../results/src/judge/percentile-table.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { type Summary, summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { NOTHING } from "../../../../results/src/report/html.ts";
import { messageSection } from "../../../../results/src/report/messages.ts";
import { renderReport } from "../../../../results/src/report/page.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { emptyRow } from "../../../../results/src/run/timeline.ts";
import { histogramOf, record, storm, stormCohort } from "../../../support/run-files.ts";
import { addedUp, type WorkerFiles } from "../../../support/synthetic-run.ts";

const COHORTS = ["sensor", "console"] as const;
type Cohort = (typeof COHORTS)[number];

function summaryOfFiles(workers: readonly WorkerFiles[]): Summary {
  return buildSummary(mergeRun(addedUp(workers)), { target: 0.99, problems: [] });
}

interface Told {
  worker: number;
  cohort: Cohort;
  name: MessageCounter;
  inStorm: boolean;
  count: number;
  ms: number;
}

function messages(counts: Partial<WorkerMessages> = {}): WorkerMessages {
  const none = Object.fromEntries(MESSAGE_COUNTER_NAMES.map((name) => [name, 0])) as WorkerMessages;
  return { ...none, ...counts };
}

/** A worker whose devices were told of these. */
function workerOf(workerId: string, told: readonly Told[]): WorkerFiles {
  const sum = (of: readonly Told[]): Record<string, WorkerMessages> =>
    Object.fromEntries(
      COHORTS.map((cohort) => {
        const counts = messages();
        for (const one of of) if (one.cohort === cohort) counts[one.name] += one.count;
        return [cohort, counts];
      }),
    );
  const inStorm = told.filter((one) => one.inStorm);
  const histograms = new Map(
    COHORTS.flatMap((cohort) =>
      (
        [
          ["mqtt.delivery_time", told],
          ["mqtt.storm.1.delivery_time", inStorm],
          ["mqtt.storm.1.flood_time", inStorm],
        ] as const
      ).map(([metric, of]): [string, ReturnType<typeof histogramOf>] => [
        histogramTag(metric, cohort),
        histogramOf(of.filter((one) => one.cohort === cohort).map(({ ms }) => ms * 1000)),
      ]),
    ),
  );
  const cohorts = Object.fromEntries(
    COHORTS.map((cohort) => [cohort, stormCohort({ affected: 1, recovered: 1 })]),
  );
  return {
    record: record({
      workerId,
      cohorts: Object.fromEntries(COHORTS.map((cohort) => [cohort, { devices: 1, everOnline: 1 }])),
      storms: [storm({ cohorts, messages: sum(inStorm) })],
      messages: sum(told),
    }),
    histograms,
    timelineRows: [],
  };
}

const told: fc.Arbitrary<Told> = fc.record({
  worker: fc.nat(2),
  cohort: fc.constantFrom(...COHORTS),
  name: fc.constantFrom(...MESSAGE_COUNTER_NAMES),
  inStorm: fc.boolean(),
  count: fc.nat(50),
  ms: fc.integer({ min: 1, max: 60_000 }),
});

/** What is said of messages, without what the number of workers and devices changes. */
function saidOf({ messages: ofRun, storms }: Summary): object {
  return {
    ofRun,
    ofStorms: storms.map((one) => [
      one.messages,
      Object.values(one.cohorts).map((cohort) => cohort.messages),
    ]),
  };
}

const KNOWN: Told = { worker: 0, cohort: "console", name: "delivered", inStorm: true, count: 100, ms: 20 };
const one = (...all: Partial<Told>[]): Summary =>
  summaryOfFiles([
    workerOf(
      "1",
      all.map((change) => ({ ...KNOWN, ...change })),
    ),
  ]);

describe("messages of a run", () => {
  it("of several workers are those of one that heard everything", () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), (all) => {
        const workers = [0, 1, 2].map((n) =>
          workerOf(
            String(n),
            all.filter(({ worker }) => worker === n),
          ),
        );
        expect(saidOf(summaryOfFiles(workers))).toEqual(saidOf(summaryOfFiles([workerOf("0", all)])));
      }),
      { numRuns: 30 },
    );
  });

  it("are lost where a later one came, and they did not", () => {
    const summary = one({}, { name: "missed", count: 7 }, { name: "filled", count: 2 });
    expect(summary.storms[0]?.messages).toMatchObject({ lost: 5, lostReason: "" });
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  });

  it("are not known to be lost where nothing was heard, or gaps are meant", () => {
    const [silent, shared] = [one({ name: "published" }), one({}, { name: "shared" })];
    expect(silent.messages).toMatchObject({
      lost: null,
      lostReason: expect.stringContaining("no tracked message"),
    });
    expect(shared.messages).toMatchObject({ lost: null, lostReason: expect.stringContaining("shared") });
    expect(one({}, {}, { name: "shared" }).messages).toMatchObject({
      lost: 0,
      notes: expect.arrayContaining([expect.stringContaining("100 receptions through shared subscriptions")]),
    });
  });

  it("say how many could not be timed", () => {
    // 100 receptions, one of which has a time.
    expect(one({}).messages?.notes).toEqual([
      "99 of 100 receptions have no time: their clocks were not compared",
    ]);
  });

  it("are null where none were tracked, in older files too, and have no rows", () => {
    const { messages: _run, storms, ...older } = workerOf("1", []).record;
    const [{ messages: _storm, ...cut }] = storms as [(typeof storms)[number]];
    const files = { ...workerOf("1", []), record: { ...older, storms: [cut] }, histograms: new Map() };
    const summary = summaryOfFiles([files]);
    expect([summary.messages, summary.storms[0]?.messages]).toEqual([null, null]);
    expect(consoleSummary(summary, { colour: false, files: [] })).not.toContain("published");
    expect(messageSection(summary, NOTHING).html).toBe("");
    expect(percentilesCsv(percentileTable(mergeRun(addedUp([files]))))).not.toContain("delivery");
  });

  it("stand in console, report and percentiles", () => {
    const worker = workerOf("1", [
      { ...KNOWN, count: 1 },
      { ...KNOWN, name: "missed", count: 3 },
      { ...KNOWN, cohort: "sensor", name: "published", count: 900 },
      { ...KNOWN, name: "flood", count: 12 },
    ]);
    const summary = summaryOfFiles([worker]);
    const lines = consoleSummary(summary, { colour: false, files: [] }).split("\n");
    expect(lines.every(({ length }) => length <= 108)).toBe(true);
    expect(lines.find((line) => /^ +console +0 +1 +3 +0 +0 +20 ms/.test(line))).toBeDefined();
    expect(lines.some((line) => line.includes("12 messages had waited for devices that came back"))).toBe(
      true,
    );
    expect(messageSection(summary, NOTHING).html).toContain("storm 1, console");
    const csv = percentilesCsv(percentileTable(mergeRun(addedUp([worker]))));
    expect(csv).toContain("mqtt.storm.1.flood_time,console,1,99,");
    expect(csv).toContain("mqtt.delivery_time,console,,50,");
  });
});

describe("messages over time", () => {
  /** Two cohorts, each publishing and hearing so many in each row of two seconds. */
  const rows = Array.from({ length: 40 }, (_, i) => ({
    ...emptyRow(Date.parse("2026-01-01T00:00:00Z") + 100 * (i >> 1), COHORTS[i % 2] as Cohort),
    messages_published: 3,
    messages_delivered: i >> 1 === 5 ? 50 : 2,
    messages_missed: i >> 1 === 7 ? 4 : 0,
    messages_duplicates: 0,
  }));
  const run = mergeRun(addedUp([{ ...workerOf("1", [KNOWN]), timelineRows: rows }]));
  const curves = curvesOf(run);
  const data = { summary: buildSummary(run, { target: 0.99, problems: [] }), curves, script: null };

  it("are means over one second of the whole fleet", () => {
    const { messages } = curves;
    // In ten rows: two cohorts by three, 2 x 50 in one of them and 2 x 2 in nine.
    expect(messages?.peak).toEqual({
      publishedPerS: 60,
      deliveredPerS: 2 * 50 + 9 * 4,
      missedPerS: 8,
      duplicatesPerS: 0,
    });
    expect(messages?.points).toHaveLength(20);
  });

  it("are drawn beside the tables, and nothing is where none were tracked", () => {
    const page = renderReport(data);
    expect(page).toContain('id="plot-messages"');
    expect(page).toContain("published /s 60, delivered /s 136, found missing /s 8, duplicates /s 0");
    const section = page.slice(page.indexOf('id="messages"'), page.indexOf('id="percentiles"'));
    expect(section).toContain('id="plot-messages"');
    const { messages: _none, ...untracked } = workerOf("1", []).record;
    const bare = mergeRun(addedUp([{ ...workerOf("1", []), record: untracked, timelineRows: rows }]));
    expect(curvesOf(bare).messages).toBeNull();
    const summary = buildSummary(bare, { target: 0.99, problems: [] });
    expect(renderReport({ summary, curves: curvesOf(bare), script: null })).not.toContain("plot-messages");
  });
});

describe("gates of messages", () => {
  const summary = one(
    { count: 1, ms: 2500 },
    { name: "missed", count: 3 },
    { name: "duplicates", count: 2 },
    { cohort: "sensor", name: "published" },
  );
  const failures = (fail: Fail, of = summary): string[] =>
    failuresOf(gateChecks(fail, of)).map(({ message }) => message);

  it("allow exactly what they say, and say what was", () => {
    expect(failures({ lost: 3, duplicates: 2, deliveryP99: 3000, floodP99: 3000 })).toEqual([]);
    expect(failures({ lost: 2, duplicates: 1, deliveryP99: 2000 })).toEqual([
      "storm 1, all cohorts: 3 messages lost, allowed 2",
      "storm 1, all cohorts: 2 duplicates, allowed 1",
      "storm 1, all cohorts: delivery p99 2.5 s, allowed 2 s",
      "storm 1, cohort console: 3 messages lost, allowed 2",
      "storm 1, cohort console: 2 duplicates, allowed 1",
      "storm 1, cohort console: delivery p99 2.5 s, allowed 2 s",
    ]);
  });

  it("pass at the value that was and at any above, fail at any below, and fail with a reason where it is not known", () => {
    const only = (condition: keyof Fail, limit: number, of: Summary): string[] =>
      failures({ cohorts: { console: { [condition]: limit } } }, of);
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.nat(50),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 1000 }),
        (missed, filled, duplicates, ms, away) => {
          const of = one(
            { count: 200, ms },
            { name: "missed", count: missed + filled },
            { name: "filled", count: filled },
            { name: "duplicates", count: duplicates },
            { name: "flood", count: 9 },
          );
          const { messages: was } = of.storms[0]?.cohorts["console"] as Summary["storms"][0];
          const values = {
            lost: missed,
            duplicates,
            deliveryP99: was?.deliveryMs.p99 as number,
            floodP99: was?.floodMs.p99 as number,
          };
          for (const [condition, value] of Object.entries(values) as [keyof typeof values, number][]) {
            expect(only(condition, value, of)).toEqual([]);
            expect(only(condition, value + away, of)).toEqual([]);
            if (value - away < 0) continue;
            const [failure, ...more] = only(condition, value - away, of);
            expect(failure).toMatch(/^storm 1, cohort console: .*, allowed /);
            expect(more).toEqual([]);
          }
        },
      ),
      { numRuns: 50, seed: 1 },
    );
  });

  it("fail with the reason where a value is not known, and pass a time where nothing came", () => {
    const changedTo = (of: Summary, change: object): Summary => {
      const changed = structuredClone(of) as Summary;
      for (const fields of [
        ...changed.storms,
        ...changed.storms.flatMap((storm) => Object.values(storm.cohorts)),
      ])
        Object.assign(fields.messages ?? {}, change);
      return changed;
    };
    const untimed = { count: 0, p50: null, p90: null, p95: null, p99: null, max: null, mean: null };
    const fail: Fail = { cohorts: { console: { lost: 0, deliveryP99: 1e6, floodP99: 1e6 } } };
    const of = one({ count: 5 }, { name: "flood", count: 2 });
    expect(failures(fail, of)).toEqual([]);
    const unknown = { lost: null, lostReason: "a reason", deliveryMs: untimed, floodMs: untimed };
    expect(failures(fail, changedTo(of, unknown))).toEqual([
      "storm 1, cohort console: lost messages are not known (a reason)",
      "storm 1, cohort console: delivery p99 is not known: the clocks of the machines were not compared",
      "storm 1, cohort console: flood p99 is not known: no flood was followed to its end",
    ]);
    const nothing = { delivered: 0, flood: 0, deliveryMs: untimed, floodMs: untimed };
    expect(failures({ deliveryP99: 0, floodP99: 0 }, changedTo(of, nothing))).toEqual([]);
  });

  it("hold a cohort that hears nobody only to what is said of it", () => {
    expect(failures({ lost: 3 })).toEqual([]);
    expect(failures({ cohorts: { sensor: { lost: 0 } } })).toEqual([
      "storm 1, cohort sensor: lost messages are not known (no tracked message was received, so none is known to be missing)",
    ]);
  });

  it("fail where nothing was tracked", () => {
    const untracked = structuredClone(summary) as Summary;
    for (const of of untracked.storms.flatMap((storm) => [storm, ...Object.values(storm.cohorts)]))
      of.messages = null;
    expect(failures({ lost: 100 }, untracked)).toHaveLength(3);
    expect(failures({ lost: 100 }, untracked)[0]).toContain("no messages were tracked");
  });

  it("are read from the configuration", () => {
    const fail = {
      lost: 0,
      duplicates: 5,
      deliveryP99: "2s",
      floodP99: "500ms",
      cohorts: { console: { lost: 9 } },
    };
    expect(parseConfig({ fail })).toMatchObject({
      ok: true,
      config: { fail: { ...fail, deliveryP99: 2000, floodP99: 500 } },
    });
    expect(parseConfig({ fail: { lost: -1 } })).toEqual({
      ok: false,
      problems: [
        "config.plugins.mqtt-results.fail.lost: -1 is not allowed; allowed: a whole number, 0 or more",
      ],
    });
  });
});
