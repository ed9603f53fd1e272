import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { cpuUsAt, usageAt, usageOf, watchTree } from "../../../../benchmarks/processes/usage.ts";

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

it.skipIf(process.platform !== "linux")("usageOf is of this process, and of none that has ended", () => {
  const usage = usageOf(process.pid);
  expect(usage?.cpuUs).toBeGreaterThan(0);
  expect(usage?.rssBytes).toBeGreaterThan(1_000_000);
  expect(usageOf(2 ** 22 + 1)).toBeNull();
});

it.skipIf(process.platform !== "linux")("watchTree adds up a tree, and keeps what has ended", async () => {
  let root: number | null = null;
  const watch = watchTree(() => root);
  expect(watch?.usage()).toEqual({ cpuUs: 0, peakRssBytes: 0 });
  const script = `
    const { spawn } = require("node:child_process");
    spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1000)"], { stdio: "inherit" });
  `;
  const child = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  root = child.pid ?? null;
  const [own, tree] = [usageOf(child.pid as number), watch?.usage()];
  expect(tree?.peakRssBytes).toBeGreaterThan(own?.rssBytes ?? Number.POSITIVE_INFINITY);
  expect(tree?.cpuUs).toBeGreaterThan(own?.cpuUs ?? Number.POSITIVE_INFINITY);
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(-(child.pid as number), "SIGKILL");
  await ended;
  // It may have been looked at once more before it ended.
  const after = watch?.usage();
  expect(after?.cpuUs).toBeGreaterThanOrEqual(tree?.cpuUs ?? Number.POSITIVE_INFINITY);
  expect(after?.peakRssBytes).toBeGreaterThanOrEqual(tree?.peakRssBytes ?? Number.POSITIVE_INFINITY);
  watch?.stop();
});
