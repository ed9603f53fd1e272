import { describe, expect, it } from "vitest";
import {
  cpuTicksOf,
  cpuUsAt,
  rssBytesOf,
  usageAt,
  usageOf,
} from "../../../../benchmarks/peers/process-usage.ts";

describe("what /proc says", () => {
  it("user and system time, whatever the command is called", () => {
    const stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 11 0 99 1000 200";
    expect(cpuTicksOf(stat)).toBe(168);
  });

  it("resident memory", () => {
    expect(rssBytesOf("Name:\tnode\nVmRSS:\t    1234 kB\nThreads:\t4\n")).toBe(1234 * 1024);
    expect(rssBytesOf("Name:\tzombie\n")).toBe(0);
  });

  it("of this process, which has used some of both; of none where there is no such process", () => {
    const usage = usageOf(process.pid);
    expect(usage?.cpuUs).toBeGreaterThan(0);
    expect(usage?.rssBytes).toBeGreaterThan(1_000_000);
    expect(usageOf(2 ** 22 + 1)).toBeNull();
  });
});

it("cpuUsAt lies between the samples about an instant", () => {
  const samples = [10, 20, 40].map((atMs) => ({ atMs, cpuUs: atMs * 3, rssBytes: 0 }));
  expect(cpuUsAt(samples, 10)).toBe(30);
  expect(cpuUsAt(samples, 25)).toBe(75);
  expect(cpuUsAt(samples, 40)).toBe(120);
  expect(cpuUsAt(samples, 9)).toBeNull();
  expect(cpuUsAt(samples, 41)).toBeNull();
});

it("usageAt is the last sample before an instant", () => {
  const samples = [10, 20, 30].map((atMs) => ({ atMs, cpuUs: atMs, rssBytes: 0 }));
  expect(usageAt(samples, 25)?.atMs).toBe(20);
  expect(usageAt(samples, 30)?.atMs).toBe(30);
  expect(usageAt(samples, 5)).toBeNull();
});
