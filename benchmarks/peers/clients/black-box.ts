import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { openFilesOf } from "../../processes/process-table.ts";
import { usageOf, watchTree } from "../../processes/usage.ts";
import type { Job, Measurement } from "../client.ts";
import { findProgram } from "../mosquitto.ts";
import { exited, killTree, spawnOwn } from "../own-child.ts";

/** A program of others that connects and subscribes N devices and stays. What it does is seen from outside. */
export function versionOf(
  program: string,
  args: readonly string[],
): { version: string } | { reason: string } {
  const path = findProgram(program);
  if (path === null) return { reason: `${program} is not on the PATH` };
  try {
    const text = execFileSync(path, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
    return { version: /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? "of unknown version" };
  } catch (error) {
    return { reason: `${path} does not run: ${(error as Error).message.split("\n")[0]}` };
  }
}

/**
 * All are connected when the broker has a file open for each. Its idle process is itself with one device; subscriptions
 * follow within the second that is waited. Launchers that are scripts have children, so the whole process tree counts.
 */
export async function measureProgram(
  job: Job,
  argsFor: (devices: number) => { program: string; args: string[] },
): Promise<Measurement> {
  const idle = await observe(job, 1, argsFor(1));
  const full = await observe(job, job.devices, argsFor(job.devices));
  return {
    readyPerS: (job.devices * 1000) / full.tookMs,
    cpuUsPerDevice: (full.cpuUs - idle.cpuUs) / job.devices,
    rssKbPerDevice: (full.peakRssBytes - idle.peakRssBytes) / 1024 / job.devices,
    brokerCpuUsPerDevice: (full.brokerCpuUs - idle.brokerCpuUs) / job.devices,
    storm: null,
    note: null,
  };
}

const LIMIT_MS = 180_000;

function brokerCpuUsOf({ brokerPid }: Job): number {
  const usage = usageOf(brokerPid);
  if (usage === null) throw new Error("Mosquitto is gone");
  return usage.cpuUs;
}

async function observe(job: Job, devices: number, { program, args }: { program: string; args: string[] }) {
  const path = findProgram(program) as string;
  const before = openFilesOf(job.brokerPid);
  const brokerBeforeUs = brokerCpuUsOf(job);
  const child = spawnOwn(path, args, { stdio: "ignore" }, job.core);
  const watch = watchTree(() => child.pid ?? null);
  if (watch === null) throw new Error("processes can only be measured on Linux");
  let firstMs: number | null = null;
  try {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      if (job.signal.aborted) throw new Error("interrupted");
      const connected = openFilesOf(job.brokerPid) - before;
      if (connected > 0) firstMs ??= performance.now();
      if (connected >= devices) break;
      if (performance.now() > deadline) throw new Error(`${program}: ${connected} of ${devices} connected`);
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      await pause(20);
    }
    const tookMs = performance.now() - (firstMs ?? performance.now());
    await pause(1000);
    const { cpuUs, peakRssBytes } = watch.usage();
    const brokerCpuUs = brokerCpuUsOf(job) - brokerBeforeUs;
    return { cpuUs, peakRssBytes, brokerCpuUs, tookMs: Math.max(1, tookMs) };
  } finally {
    watch.stop();
    killTree(child);
    await exited(child);
    // Its connections are closed before the next one counts them.
    const deadline = performance.now() + 10_000;
    while (openFilesOf(job.brokerPid) > before && performance.now() < deadline) await pause(50);
  }
}
