import { allProcesses, readProcess, treeOf } from "./process-table.ts";

/** What one process had used at an instant, with all its threads. */
export interface ProcessUsage {
  /** Epoch milliseconds. */
  atMs: number;
  /** User and system time since it started. */
  cpuUs: number;
  rssBytes: number;
}

/** Returns null once it has ended. */
export function usageOf(pid: number): ProcessUsage | null {
  const found = readProcess(pid);
  return found === null ? null : { atMs: Date.now(), cpuUs: found.cpuUs, rssBytes: found.rssBytes };
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

/** What a program itself costs, over its whole process tree. */
export interface TreeUsage {
  /** User and system time of all its processes since they started, those that ended while it was watched included. */
  cpuUs: number;
  /** The highest sum of resident memory seen. Shared pages count once per process. */
  peakRssBytes: number;
}

export interface TreeWatch {
  usage(): TreeUsage;
  stop(): void;
}

/**
 * Samples every `intervalMs` from now on until `stop`. `root` is asked each time, so that a program that was restarted is
 * followed; null is one that is down. Returns null on systems without /proc.
 */
export function watchTree(root: () => number | null, intervalMs = 250): TreeWatch | null {
  if (process.platform !== "linux") return null;
  // What was last seen of each, by pid and start: an ended process keeps what it used.
  const cpuUs = new Map<string, number>();
  let peakRssBytes = 0;
  const sample = (): void => {
    const pid = root();
    if (pid === null) return;
    const processes = allProcesses();
    let rssBytes = 0;
    for (const one of treeOf(pid, processes)) {
      const found = processes.get(one);
      if (found === undefined) continue;
      cpuUs.set(`${one}/${found.startedAt}`, found.cpuUs);
      rssBytes += found.rssBytes;
    }
    peakRssBytes = Math.max(peakRssBytes, rssBytes);
  };
  sample();
  const timer = setInterval(sample, intervalMs).unref();
  return {
    usage: () => {
      sample();
      return { cpuUs: [...cpuUs.values()].reduce((sum, one) => sum + one, 0), peakRssBytes };
    },
    stop: () => clearInterval(timer),
  };
}
