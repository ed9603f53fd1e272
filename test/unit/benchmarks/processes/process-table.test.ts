import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  openFilesOf,
  parseStat,
  processesMarked,
  readProcess,
  treeOf,
} from "../../../../benchmarks/processes/process-table.ts";

it("reads a stat line whose command has spaces and parentheses", () => {
  const fields = ["S", "41", "42", "42", "0", "-1", "0", "1", "2", "3", "4", "700", "30", "5", "6"];
  const rest = ["20", "0", "9", "0", "123456", "1000000", "2500", "99"];
  const stat = `42 (a (b) c) ${[...fields, ...rest].join(" ")}`;
  expect(parseStat(stat, { ticksPerS: 100, pageBytes: 4096 })).toEqual({
    parent: 41,
    cpuUs: 7_300_000,
    startedAt: "123456",
    rssBytes: 2500 * 4096,
  });
});

it("finds children whose numbers are lower than their parent's, and no strangers", () => {
  const processes = new Map([
    [5, { parent: 30 }],
    [30, { parent: 100 }],
    [100, { parent: 1 }],
    [101, { parent: 1 }],
    [102, { parent: 100 }],
  ]);
  expect(treeOf(100, processes).sort((a, b) => a - b)).toEqual([5, 30, 100, 102]);
  expect(treeOf(7, processes)).toEqual([]);
});

describe.skipIf(process.platform !== "linux")("what /proc says", () => {
  it("of this process, which has used some of both; of none where there is no such process", () => {
    const own = readProcess(process.pid);
    expect(own?.parent).toBe(process.ppid);
    expect(own?.cpuUs).toBeGreaterThan(0);
    expect(own?.rssBytes).toBeGreaterThan(1_000_000);
    expect(readProcess(2 ** 22 + 1)).toBeNull();
    expect(openFilesOf(process.pid)).toBeGreaterThan(2);
  });

  it("of a process that carries a mark, and only while it lives", async () => {
    const mark = `mark-${process.pid}`;
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log()"], {
      env: { ...process.env, PROCESS_TABLE_TEST: mark },
      stdio: ["ignore", "pipe", "ignore"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(processesMarked("PROCESS_TABLE_TEST", mark)).toEqual([child.pid]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(processesMarked("PROCESS_TABLE_TEST", mark)).toEqual([]);
  });
});
