/** A directory of results that somebody else made: it is read within bounds, and nothing is written outside of it. */
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { histogramTag } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readHistograms } from "../../../../results/src/run/read-histograms.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import {
  hlogText,
  record,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  temporaryDirectory,
  timelineText,
  writeRun,
} from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

function report(directory: string): Promise<{ code: number; text: string }> {
  return command("report", directory);
}

async function command(...args: string[]): Promise<{ code: number; text: string }> {
  let text = "";
  const say = (more: string): void => {
    text += more;
  };
  const code = await runCommand(args, { out: say, err: say, colour: false });
  return { code, text };
}

describe("writing", () => {
  it.each([
    "summary.json",
    "report.html",
    "timeline.csv",
    "merged.hlog",
    "percentiles.csv",
  ])("never goes through a link: %s and its .tmp", async (name) => {
    const outside = join(temporaryDirectory(), "outside");
    writeFileSync(outside, "keep me");
    const directory = writeRun([spiralWorker("1")]);
    for (const link of [name, `${name}.tmp`]) symlinkSync(outside, join(directory, link));
    const { code } = await report(directory);
    expect(code).toBe(0);
    expect(readFileSync(outside, "utf8")).toBe("keep me");
    expect(lstatSync(join(directory, name)).isSymbolicLink()).toBe(false);
    expect(readdirSync(directory).filter((one) => one.endsWith(".tmp"))).toEqual([]);
  });
});

describe("reading", () => {
  const directory = (): string => writeRun([spiralWorker("1"), spiralWorker("2")]);
  const replaced = (name: string, replace: (path: string) => void): string => {
    const made = directory();
    rmSync(join(made, name), { force: true });
    replace(join(made, name));
    return made;
  };
  const pipe = (path: string): void => void execFileSync("mkfifo", [path]);

  it.each([
    "worker-2.hlog",
    "worker-2.timeline.csv",
    "worker-2.json",
    "lab.json",
  ])("does not wait for a pipe: %s", (name) => {
    const { records, problems } = readRun([replaced(name, pipe)]);
    expect(records.length).toBeGreaterThan(0);
    expect(problems.join("\n")).toContain(`${name} cannot be read: it is not a plain file`);
  });

  it("does not read a device, or a file without end", () => {
    const device = readRun([replaced("worker-2.hlog", (path) => symlinkSync("/dev/zero", path))]);
    expect(device.problems).toContain("worker-2.hlog cannot be read: it is not a plain file");
    // The file is sparse: it takes no room on the disk.
    const huge = replaced("worker-2.timeline.csv", (path) => {
      writeFileSync(path, "");
      truncateSync(path, 8 * 1024 ** 3);
    });
    expect(readRun([huge]).problems.join("\n")).toMatch(
      /worker-2\.timeline\.csv cannot be read: it has 8589934592 bytes, and at most \d+ are read/,
    );
  });

  it.each(["script.json", "summary.json"])("says that a pipe is no %s", async (name) => {
    const { code, text } = await report(replaced(name, pipe));
    expect(code, text).toBe(name === "script.json" ? 3 : 0);
  });

  it("skips an interval that inflates a thousandfold, or that is of a finer histogram", () => {
    const line = (bytes: Buffer): string => {
      const compressed = deflateSync(bytes);
      const head = Buffer.alloc(8);
      head.writeInt32BE(0x1c849304);
      head.writeInt32BE(compressed.length, 4);
      return `Tag=m;a,0.000,5.000,0.1,${Buffer.concat([head, compressed]).toString("base64")}\n`;
    };
    const fine = Buffer.alloc(64);
    fine.writeInt32BE(0x1c849303);
    fine.writeInt32BE(24, 4);
    fine.writeInt32BE(5, 12);
    fine.writeBigInt64BE(1n, 16);
    fine.writeBigInt64BE(2n ** 52n, 24);
    const made = directory();
    writeFileSync(
      join(made, "worker-2.hlog"),
      hlogText([{ [histogramTag("m", "a")]: [100] }]) + line(Buffer.alloc(64 * 1024 ** 2)) + line(fine),
    );
    const { histograms, problems } = readRun([made]);
    expect(problems).toHaveLength(2);
    for (const problem of problems)
      expect(problem).toMatch(/^worker-2\.hlog line \d+ is damaged and was skipped$/);
    expect(histograms.get(histogramTag("m", "a"))?.totalCount).toBe(1);
  });

  it("says so much of damaged lines, and no more", () => {
    const made = directory();
    writeFileSync(join(made, "worker-2.hlog"), "nonsense\n".repeat(100_000));
    const { problems } = readRun([made]);
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe("worker-2.hlog: 99980 more lines are damaged and were skipped");
  });

  it("shows a warning of more lines than a call may have arguments", async () => {
    const made = directory();
    expect((await report(made)).code).toBe(0);
    const path = join(made, "summary.json");
    const warnings = [`${"x".repeat(100)} `.repeat(150_000)];
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), warnings }));
    const { code, text } = await command("show", made);
    expect(code, text.slice(0, 1000)).toBe(0);
    expect(text.length).toBeGreaterThan(15_000_000);
  });

  it("takes a log that is but line ends for an empty one, and a line without end for one damaged line", () => {
    const read = (text: string): { tags: number; problems: string[] } => {
      const problems: string[] = [];
      const tags = readHistograms(text, "worker-2.hlog", problems).size;
      return { tags, problems };
    };
    const log = hlogText([{ [histogramTag("m", "a")]: [100] }]);
    expect(read("\n".repeat(140_000_000) + log)).toEqual({ tags: 1, problems: [] });
    expect(read("\r\n".repeat(1000) + log.replaceAll("\n", "\r\n"))).toEqual({ tags: 1, problems: [] });
    expect(read(`Tag=m;a,0.000,5.000,0.1,${"A".repeat(100_000_000)}\n${log}`)).toEqual({
      tags: 1,
      problems: ["worker-2.hlog line 1 is damaged and was skipped"],
    });
  }, 120_000);

  it.each([
    ["a window without end", { storms: [storm({ windowMs: 1e300 })] }, /windowMs/],
    ["a date beyond all calendars", { updatedAtMs: 1e300 }, /updatedAtMs/],
    [
      "storms without end",
      { storms: Array.from({ length: 5000 }, (_, i) => storm({ index: i + 1 })) },
      /storms/,
    ],
    [
      "cohorts without end",
      {
        cohorts: Object.fromEntries(
          Array.from({ length: 5000 }, (_, i) => [`c${i}`, { devices: 1, everOnline: 1 }]),
        ),
      },
      /cohorts/,
    ],
  ])("refuses a record with %s", (_what, changes, problem) => {
    const { records, problems } = readRun([writeRun([{ record: record(changes) }])]);
    expect(records).toEqual([]);
    expect(problems.join("\n")).toMatch(problem);
  });

  it("takes rows far apart and a window of a century without filling what lies between", () => {
    const made = writeRun([
      {
        record: record({
          storms: [storm({ windowMs: 3e12, cohorts: { a: stormCohort({ affected: 2, recovered: 2 }) } })],
        }),
        timeline: [0, 3e11, 6e11].map((t_ms) => ({ t_ms: TIME_ZERO_MS + t_ms, cohort: "a", ready: 2 })),
      },
    ]);
    const run = mergeRun(readRun([made]));
    expect(run.timeline).toHaveLength(3);
    expect(buildSummary(run, { target: 0.99, problems: [] }).storms).toHaveLength(1);
  });

  it("fills the gaps of a worker that stutters, up to a day of them", () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({
      t_ms: TIME_ZERO_MS + i * 500_000,
      cohort: "a",
      ready: 1,
    }));
    const made = writeRun([{ record: record() }]);
    writeFileSync(join(made, "worker-1.timeline.csv"), timelineText(rows));
    expect(mergeRun(readRun([made])).timeline.length).toBeLessThan(1_001_000);
  });
});
