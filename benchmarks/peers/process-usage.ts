import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What one process has used, with all its threads, from Linux's /proc. */
export interface ProcessUsage {
  /** Epoch milliseconds. */
  atMs: number;
  /** User and system time since it started, microseconds. */
  cpuUs: number;
  /** Resident memory, bytes. */
  rssBytes: number;
}

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Fields of proc_pid_stat(5) stand after the command's name, which may hold spaces and parentheses itself. */
export function cpuTicksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

export function rssBytesOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Null once it has ended. */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const cpuTicks = cpuTicksOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
    const rssBytes = rssBytesOf(readFileSync(`/proc/${pid}/status`, "latin1"));
    return { atMs: Date.now(), cpuUs: (cpuTicks * 1_000_000) / ticksPerSecond, rssBytes };
  } catch {
    return null;
  }
}

/** Open files of a process: of a broker, its connections and a few more. */
export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** CPU time used until an instant, on the line between the samples about it; null where there are none. */
export function cpuUsAt(samples: readonly ProcessUsage[], atMs: number): number | null {
  const next = samples.findIndex((sample) => sample.atMs >= atMs);
  const [before, after] = [samples[next - 1], samples[next]];
  if (after === undefined) return null;
  if (after.atMs === atMs) return after.cpuUs;
  if (before === undefined) return null;
  return before.cpuUs + ((after.cpuUs - before.cpuUs) * (atMs - before.atMs)) / (after.atMs - before.atMs);
}

/** The last sample that was taken before `atMs`; null where there is none. */
export function usageAt(samples: readonly ProcessUsage[], atMs: number): ProcessUsage | null {
  return samples.findLast((sample) => sample.atMs <= atMs) ?? null;
}
