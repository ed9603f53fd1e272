import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { histogramTag, LATER_TIMELINE_EVENTS } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { type RunFiles, readRun, unfinishedWorkers } from "../../../../results/src/run/run-files.ts";
import type { TimelineRow } from "../../../../results/src/run/timeline.ts";
import {
  record,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  temporaryDirectory,
  writeRun,
} from "../../../support/run-files.ts";

const cohort = 'a, "quoted"\ncohort';
const connect = histogramTag("mqtt.connect_time", cohort);
const whole = {
  intervals: [
    { [connect]: [1000, 1001] },
    { [connect]: [2000], [histogramTag("mqtt.config_time", "b")]: [7] },
  ],
  timeline: [
    { t_ms: TIME_ZERO_MS, cohort, online: 1 },
    { t_ms: TIME_ZERO_MS + 100, cohort, online: 2, drops: 345 },
  ],
};

const rowsOf = ({ timelines }: RunFiles): TimelineRow[] =>
  [...timelines.values()].flatMap((sum) => sum.takeRows());

describe("readRun", () => {
  it("adds up the intervals of a tag and reads quoted cohort names", () => {
    const files = readRun([writeRun([whole])]);
    expect(files.problems).toEqual([]);
    expect(files.records).toHaveLength(1);
    expect(files.histograms.get(connect)?.totalCount).toBe(3);
    expect(files.histograms.get(histogramTag("mqtt.config_time", "b"))?.totalCount).toBe(1);
    expect(rowsOf(files)).toMatchObject([
      { t_ms: TIME_ZERO_MS, cohort, online: 1 },
      { t_ms: TIME_ZERO_MS + 100, cohort, online: 2, drops: 345 },
    ]);
  });
  it("reads several directories, and none", () => {
    expect(readRun([writeRun([whole]), writeRun([whole, whole])]).records).toHaveLength(3);
    expect(readRun([join(temporaryDirectory(), "missing")])).toEqual({
      records: [],
      histograms: new Map(),
      latencies: new Map(),
      timelines: new Map(),
      readable: new Set(),
      labEnds: [],
      problems: [],
    });
  });
  it("skips a cut last line and says so, wherever it was cut", () => {
    for (let cut = 2; cut < 60; cut += 7) {
      const directory = writeRun([whole]);
      for (const name of ["worker-1.hlog", "worker-1.timeline.csv"]) {
        const path = join(directory, name);
        truncateSync(path, readFileSync(path).length - cut);
      }
      const { histograms, problems } = readRun([directory]);
      expect(histograms.get(connect)?.totalCount).toBe(3);
      expect(histograms.size).toBe(1);
      expect(problems[0]).toBe("worker-1.hlog line 7 is damaged and was skipped");
      expect(problems[1]).toMatch(/^worker-1\.timeline\.csv: 1 damaged row was skipped$/);
    }
  });
  it("does not take a cut number for a whole one", () => {
    const directory = writeRun([whole]);
    appendFileSync(
      join(directory, "worker-1.timeline.csv"),
      `${TIME_ZERO_MS + 200},b,1,2,3,4,5,6,7,8,9,10,11,12,1`,
    );
    const files = readRun([directory]);
    expect(rowsOf(files)).toHaveLength(2);
    expect(files.problems).toHaveLength(1);
  });
  it("skips damage in the middle and reads on", () => {
    const directory = writeRun([whole]);
    const path = join(directory, "worker-1.hlog");
    const lines = readFileSync(path, "utf8").split("\n");
    const first = lines.findIndex((line) => line.startsWith("Tag="));
    lines[first] = lines[first]?.replace(/.{9}$/, "!") ?? "";
    writeFileSync(path, lines.join("\n"));
    const { histograms, problems } = readRun([directory]);
    expect(histograms.get(connect)?.totalCount).toBe(1);
    expect(problems).toEqual([`worker-1.hlog line ${first + 1} is damaged and was skipped`]);
  });
  it("names missing files and damaged records, and keeps the other workers", () => {
    const directory = writeRun([whole, whole, whole, whole]);
    rmSync(join(directory, "worker-1.hlog"));
    rmSync(join(directory, "worker-2.json"));
    writeFileSync(join(directory, "worker-3.json"), '{"schemaVersion":1');
    writeFileSync(join(directory, "worker-4.json"), JSON.stringify({ ...record(), startedAtMs: "now" }));
    const { records, problems } = readRun([directory]);
    expect(records.map(({ workerId }) => workerId)).toEqual(["1"]);
    expect(problems).toEqual([
      "worker-2.json is missing",
      "worker-3.json is not JSON; was the worker killed while it wrote?",
      expect.stringMatching(/^worker-4\.json is not a worker record: startedAtMs: /),
      "worker-1.hlog is missing",
    ]);
  });
  it("reads files of an older engine, which had no events of a storm's load, and gives no verdict on them", () => {
    const { longestBackoffMs: _, ...older } = record({
      storms: [storm({ cohorts: { a: stormCohort({ affected: 100, recovered: 100 }) } })],
    });
    const directory = writeRun([whole]);
    writeFileSync(join(directory, "worker-1.json"), JSON.stringify(older));
    const path = join(directory, "worker-1.timeline.csv");
    const cut = readFileSync(path, "utf8").replace(`,${LATER_TIMELINE_EVENTS.join()}`, "");
    writeFileSync(path, cut.replace(new RegExp(`(,0){${LATER_TIMELINE_EVENTS.length}}$`, "gm"), ""));
    const files = readRun([directory]);
    const { problems } = files;
    expect(problems).toEqual([]);
    expect(rowsOf(files)[1]).toMatchObject({ online: 2, drops: 345, storm_ready: 0 });
    const [only] = buildSummary(mergeRun(files), { target: 0.99, problems }).storms;
    expect(only).toMatchObject({ verdict: null, verdictAbsence: "not-watched" });
    expect(only?.verdictReason).toContain("an older engine");
  });
  it("strips what it does not know and takes an unknown counter for 0", () => {
    const { counters: _, ...rest } = record();
    const directory = writeRun([whole]);
    writeFileSync(
      join(directory, "worker-1.json"),
      JSON.stringify({ ...rest, counters: { one: { connectAttempts: 2 } }, added: 1 }),
    );
    const own = readRun([directory]).records[0];
    expect(own).not.toHaveProperty("added");
    expect(own?.counters.one).toMatchObject({ connectAttempts: 2, publishesSent: 0 });
  });
});

describe("unfinishedWorkers", () => {
  it("has those that run, with their last flush, and those whose record is being written", () => {
    const directory = writeRun([
      { record: record({ state: "running", updatedAtMs: 123 }) },
      { record: record({ workerId: "3", state: "interrupted" }) },
    ]);
    writeFileSync(join(directory, "worker-2.json"), "{");
    const [first, second, ...rest] = unfinishedWorkers(directory);
    expect(first).toEqual({ id: "1", updatedAtMs: 123, container: null });
    expect(Date.now() - (second?.updatedAtMs ?? 0)).toBeLessThan(5000);
    expect(rest).toEqual([]);
  });
  it("has none in a directory that is not there", () => {
    expect(unfinishedWorkers(join(temporaryDirectory(), "missing"))).toEqual([]);
  });
});
