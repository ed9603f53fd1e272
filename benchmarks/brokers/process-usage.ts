import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What a broker itself costs, over its whole process tree, from Linux's /proc. */

export interface ProcessUsage {
  /** User and system time of all its processes since they started, those that ended while it was watched included. */
  cpuSeconds: number;
  /** The highest sum of resident memory seen. Shared pages count once per process. */
  peakMemoryBytes: number;
}

interface Process {
  parent: number;
  /** Clock ticks since boot: with the pid, it names one process for good. */
  startedAt: string;
  cpuTicks: number;
  residentPages: number;
}

/** Fields are counted after the command's name, which may hold spaces and parentheses itself. proc_pid_stat(5). */
export function parseStat(stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    parent: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    startedAt: fields[19] ?? "",
    residentPages: Number(fields[21]),
  };
}

/** The process and all its descendants. */
export function treeOf(root: number, processes: ReadonlyMap<number, { parent: number }>): number[] {
  const tree = new Set([root]);
  let size = 0;
  // A child's number may be lower than its parent's: until nothing is added.
  while (tree.size > size) {
    size = tree.size;
    for (const [pid, { parent }] of processes) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree].filter((pid) => processes.has(pid));
}

let ticksPerSecond: number | null = null;
let pageBytes: number | null = null;

function setting(name: string): number {
  return Number(execFileSync("getconf", [name], { encoding: "utf8" }));
}

/**
 * Samples every `intervalMs` from now on until `stop`. `root` is asked each time, so that a broker that was restarted is
 * followed; null is a broker that is down. Null on systems without /proc.
 */
export function watchProcesses(
  root: () => number | null,
  intervalMs = 250,
): { usage(): ProcessUsage; stop(): ProcessUsage } | null {
  if (process.platform !== "linux") return null;
  ticksPerSecond ??= setting("CLK_TCK");
  pageBytes ??= setting("PAGESIZE");
  const hertz = ticksPerSecond;
  const page = pageBytes;
  /** By pid and start: the last seen of each, so that an ended process keeps what it used. */
  const ticks = new Map<string, number>();
  let peakMemoryBytes = 0;
  const sample = (): void => {
    const pid = root();
    if (pid === null) return;
    const processes = allProcesses();
    let pages = 0;
    for (const one of treeOf(pid, processes)) {
      const { startedAt, cpuTicks, residentPages } = processes.get(one) as Process;
      ticks.set(`${one}/${startedAt}`, cpuTicks);
      pages += residentPages;
    }
    peakMemoryBytes = Math.max(peakMemoryBytes, pages * page);
  };
  sample();
  const timer = setInterval(sample, intervalMs).unref();
  const usage = (): ProcessUsage => {
    sample();
    return { cpuSeconds: [...ticks.values()].reduce((sum, one) => sum + one, 0) / hertz, peakMemoryBytes };
  };
  return {
    usage,
    stop: () => {
      clearInterval(timer);
      return usage();
    },
  };
}

function pids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

export function allProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const pid of pids()) {
    try {
      processes.set(pid, parseStat(readFileSync(`/proc/${pid}/stat`, "latin1")));
    } catch {
      // It ended meanwhile.
    }
  }
  return processes;
}

/** Living processes that were started with this variable: wherever in the process tree they are now. */
export function processesMarked(name: string, value: string): number[] {
  if (process.platform !== "linux") return [];
  const mark = `${name}=${value}`;
  return pids().filter((pid) => {
    try {
      // A zombie's environment is empty.
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
    } catch {
      return false;
    }
  });
}
