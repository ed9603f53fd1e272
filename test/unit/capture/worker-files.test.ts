import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, HistogramLogReader } from "hdr-histogram-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HealthStretch } from "../../../engine/src/capture/generator-health.ts";
import { Histograms } from "../../../engine/src/capture/histograms.ts";
import { type FilesTeller, WorkerFiles } from "../../../engine/src/capture/worker-files.ts";
import { TIMELINE_COLUMNS, type UnwrittenFiles, type WorkerRecord } from "../../../engine/src/contract.ts";
import { makeDirectory } from "../../../engine/src/files/make-directory.ts";

const STARTED = Date.UTC(2026, 0, 1);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "worker-files-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const record = (updatedAtMs: number): WorkerRecord => ({
  schemaVersion: 1,
  testRunId: "run-1",
  workerId: "1",
  state: "running",
  tls: { insecure: false },
  http: { insecure: false },
  target: "mqtt://localhost:1883",
  seed: 42,
  longestBackoffMs: 0,
  clientIds: null,
  sameIdsAs: [],
  uncorrelated: [],
  containerName: "",
  arrivals: { fromMs: null, everyMs: 100, devices: [] },
  others: [],
  containersDue: null,
  clock: null,
  startedAtMs: STARTED,
  updatedAtMs,
  timeZeroMs: null,
  cohorts: {},
  storms: [],
  counters: {},
  disconnects: {},
  errors: {},
  generator: new HealthStretch(0).read(),
});

const quiet: FilesTeller = { log: () => {}, unwritten: () => {} };

const read = (name: string): string => readFileSync(join(directory, "run", name), "utf8");

interface Interval {
  tag: string;
  count: number;
  largest: number;
}

/** Every interval of the log. */
function intervals(): Interval[] {
  const reader = new HistogramLogReader(read("worker-1.hlog"), 32, false);
  const found: Interval[] = [];
  for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
    found.push({ tag: one.tag, count: one.totalCount, largest: one.maxValue });
  }
  return found;
}

describe("the files of a worker", () => {
  it("are there from the start, with their heads", () => {
    const problems: string[] = [];
    new WorkerFiles(join(directory, "run"), "1", STARTED, {
      ...quiet,
      log: (problem) => problems.push(problem),
    });
    expect(problems).toEqual([]);
    expect(readdirSync(join(directory, "run")).sort()).toEqual(["worker-1.hlog", "worker-1.timeline.csv"]);
    expect(read("worker-1.timeline.csv")).toBe(`${TIMELINE_COLUMNS.join(",")}\n`);
    const head = read("worker-1.hlog").split("\n");
    expect(head[0]).toBe("#[Histogram log format version 1.3]");
    expect(head[2]).toContain(
      `#[StartTime: ${STARTED / 1000}.000 (seconds since epoch), ${new Date(STARTED).toISOString()}]`,
    );
    expect(head[3]).toBe('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"');
    expect(head.slice(4)).toEqual([""]);
  });

  it("hold every value once: two flushes add up", () => {
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, quiet);
    const histograms = new Histograms();
    histograms.get("m;a").recordValue(100);
    histograms.get("m;b").recordValue(9);
    files.flush(STARTED + 2000, histograms, ["first"], record(STARTED + 2000));
    histograms.get("m;a").recordValue(300);
    histograms.get("m;a").recordValue(200);
    files.flush(STARTED + 5000, histograms, ["second", "third"], record(STARTED + 5000));
    expect(intervals()).toEqual([
      { tag: "m;a", count: 1, largest: 100 },
      { tag: "m;b", count: 1, largest: 9 },
      { tag: "m;a", count: 2, largest: 300 },
    ]);
    const sum = build({ bitBucketSize: 32, useWebAssembly: false });
    const reader = new HistogramLogReader(read("worker-1.hlog"), 32, false);
    for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
      if (one.tag === "m;a") sum.add(one);
    }
    expect([sum.totalCount, sum.getValueAtPercentile(50), sum.maxValue]).toEqual([3, 200, 300]);
    const lines = read("worker-1.hlog").split("\n").slice(4, 7);
    const heads = lines.map((line) => {
      const [tag, startS, lengthS] = line.split(",");
      return { tag, startS, lengthS };
    });
    expect(heads).toEqual([
      { tag: "Tag=m;a", startS: `${STARTED / 1000}.000`, lengthS: "2.000" },
      { tag: "Tag=m;b", startS: `${STARTED / 1000}.000`, lengthS: "2.000" },
      { tag: "Tag=m;a", startS: `${STARTED / 1000 + 2}.000`, lengthS: "3.000" },
    ]);
    expect(read("worker-1.timeline.csv").split("\n").slice(1)).toEqual(["first", "second", "third", ""]);
    expect(JSON.parse(read("worker-1.json"))).toEqual(record(STARTED + 5000));
    expect(readdirSync(join(directory, "run")).sort()).toEqual([
      "worker-1.hlog",
      "worker-1.json",
      "worker-1.timeline.csv",
    ]);
  });

  it("keep values of two hours through the log", () => {
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, quiet);
    const histograms = new Histograms();
    histograms.get("m;a").recordValue(7_200_000_000);
    files.flush(STARTED + 1000, histograms, [], record(STARTED));
    const [only] = intervals();
    expect(only).toMatchObject({ tag: "m;a", count: 1 });
    expect(Math.abs((only?.largest ?? 0) / 7_200_000_000 - 1)).toBeLessThanOrEqual(0.001);
  });

  it("grow by the record alone where nothing was recorded", () => {
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, quiet);
    const before = [read("worker-1.hlog"), read("worker-1.timeline.csv")];
    files.flush(STARTED + 1000, new Histograms(), [], record(STARTED + 1000));
    expect([read("worker-1.hlog"), read("worker-1.timeline.csv")]).toEqual(before);
    expect(JSON.parse(read("worker-1.json")).updatedAtMs).toBe(STARTED + 1000);
  });

  it("that cannot be written are reported once, and nothing is thrown", () => {
    // A file where the directory should be: unwritable for root as well.
    writeFileSync(join(directory, "run"), "");
    const problems: string[] = [];
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, {
      ...quiet,
      log: (problem) => problems.push(problem),
    });
    const histograms = new Histograms();
    for (let i = 0; i < 3; i++) {
      histograms.get("m;a").recordValue(1);
      files.flush(STARTED + i, histograms, ["line"], record(STARTED));
    }
    expect(problems.length).toBe(1);
    expect(problems[0]).toMatch(/^mqtt: results cannot be written: (ENOTDIR|EEXIST).*; the run goes on$/);
  });

  it("that cannot be written are handed on at the last flush, whole", () => {
    writeFileSync(join(directory, "run"), "");
    const handed: UnwrittenFiles[] = [];
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, {
      ...quiet,
      unwritten: (message) => handed.push(message),
    });
    const histograms = new Histograms();
    for (let i = 1; i <= 3; i++) {
      histograms.get("m;a").recordValue(i);
      files.flush(STARTED + i, histograms, [`line ${i}`], record(STARTED + i), i === 3);
    }
    expect(handed.map((one) => one.files !== null)).toEqual([false, true]);
    const { record: last, histograms: log, timeline } = handed[1]?.files ?? {};
    expect(last).toEqual(record(STARTED + 3));
    expect(timeline).toBe(`${TIMELINE_COLUMNS.join(",")}\nline 1\nline 2\nline 3\n`);
    expect(log?.match(/^Tag=m;a/gm)).toHaveLength(3);
  });

  it.each([
    "worker-1.hlog",
    "worker-1.timeline.csv",
    "worker-1.json",
    ".",
  ])("of which %s was removed or replaced are handed on, with what was in them", (name) => {
    const handed: UnwrittenFiles[] = [];
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, {
      ...quiet,
      unwritten: (message) => handed.push(message),
    });
    const histograms = new Histograms();
    histograms.get("m;a").recordValue(1);
    files.flush(STARTED + 1, histograms, ["line 1"], record(STARTED + 1));
    rmSync(join(directory, "run", name), { recursive: true });
    if (name === "worker-1.hlog") writeFileSync(join(directory, "run", name), "another file");
    if (name === "worker-1.json") mkdirSync(join(directory, "run", name));
    files.flush(STARTED + 2, histograms, ["line 2"], record(STARTED + 2), true);
    expect(handed.at(-1)?.files?.timeline.split("\n").slice(1)).toEqual(["line 1", "line 2", ""]);
    expect(handed.at(-1)?.files?.histograms).toContain("Tag=m;a");
  });

  it("in place are handed on to nobody", () => {
    const handed: UnwrittenFiles[] = [];
    const teller: FilesTeller = { ...quiet, unwritten: (message) => handed.push(message) };
    const files = new WorkerFiles(join(directory, "run"), "1", STARTED, teller);
    files.flush(STARTED + 1, new Histograms(), ["line 1"], record(STARTED + 1), true);
    expect(handed).toEqual([]);
  });
});

describe("a directory", () => {
  it.each(["/dev/null/a/b", "/proc/nope/a/b"])("that cannot be made is an error, and no spin: %s", (path) => {
    expect(() => makeDirectory(path)).toThrow(/ENOTDIR|ENOENT/);
  });
  it("below a symbolic link to nothing is an error, below one to a directory is made", () => {
    symlinkSync(join(directory, "nothing"), join(directory, "dangling"));
    expect(() => makeDirectory(join(directory, "dangling", "a"))).toThrow("ENOENT");
    symlinkSync(directory, join(directory, "link"));
    makeDirectory(join(directory, "link", "a", "b"));
    makeDirectory(join(directory, "link", "a", "b"));
    expect(readdirSync(join(directory, "a"))).toEqual(["b"]);
  });
});
