import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Job, Measurement } from "../client.ts";
import { findProgram } from "../mosquitto.ts";
import { exited, spawnOwn } from "../own-child.ts";
import { openFilesOf, usageOf } from "../process-usage.ts";

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
    return { version: /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? text.trim().slice(0, 40) };
  } catch (error) {
    return { reason: `${path} does not run: ${(error as Error).message.split("\n")[0]}` };
  }
}

/**
 * All are connected when the broker has a file open for each. Its idle process is itself with one device; subscriptions
 * follow within the second that is waited.
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
    rssKbPerDevice: (full.rssBytes - idle.rssBytes) / 1024 / job.devices,
    storm: null,
  };
}

const LIMIT_MS = 180_000;

async function observe(job: Job, devices: number, { program, args }: { program: string; args: string[] }) {
  const path = findProgram(program) as string;
  const before = openFilesOf(job.brokerPid);
  const child = spawnOwn(path, args, { stdio: "ignore", detached: false });
  const pid = child.pid as number;
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
    const usage = usageOf(pid);
    if (usage === null) throw new Error(`${program} is gone`);
    return { ...usage, tookMs: Math.max(1, tookMs) };
  } finally {
    child.kill("SIGKILL");
    await exited(child);
    // Its connections are closed before the next one counts them.
    while (openFilesOf(job.brokerPid) > before + 2) await pause(50);
  }
}
