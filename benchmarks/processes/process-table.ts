/** The processes of this machine as Linux shows them in /proc: the one place of all benchmarks that reads them. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  parent: number;
  /** Clock ticks since boot: with the pid, it names one process for good. */
  startedAt: string;
  /** User and system time since it started, all its threads together. */
  cpuUs: number;
  /** Resident memory. */
  rssBytes: number;
}

/** The units that the kernel counts in. */
export interface Units {
  ticksPerS: number;
  pageBytes: number;
}

/** Fields are counted after the command's name, which may hold spaces and parentheses itself. proc_pid_stat(5). */
export function parseStat(stat: string, { ticksPerS, pageBytes }: Units): Process {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    parent: Number(fields[1]),
    cpuUs: ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerS,
    startedAt: fields[19] ?? "",
    rssBytes: Number(fields[21]) * pageBytes,
  };
}

let units: Units | null = null;

function machineUnits(): Units {
  const setting = (name: string): number => Number(execFileSync("getconf", [name], { encoding: "utf8" }));
  units ??= { ticksPerS: setting("CLK_TCK"), pageBytes: setting("PAGESIZE") };
  return units;
}

/** Returns null where there is no such process any more, and on systems without /proc. */
export function readProcess(pid: number): Process | null {
  const stat = textOf(pid, "stat");
  return stat === null ? null : parseStat(stat, machineUnits());
}

export function allProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const pid of pids()) {
    const found = readProcess(pid);
    // A process that is not found ended meanwhile.
    if (found !== null) processes.set(pid, found);
  }
  return processes;
}

/** The process and all its descendants, as far as they are there. */
export function treeOf(root: number, processes: ReadonlyMap<number, Pick<Process, "parent">>): number[] {
  const tree = new Set([root]);
  let size = 0;
  // A child's number may be lower than its parent's: until nothing is added.
  while (tree.size > size) {
    size = tree.size;
    for (const [pid, { parent }] of processes) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree].filter((pid) => processes.has(pid));
}

/** Living processes that were started with this variable, wherever in the process tree they are now. */
export function processesMarked(name: string, value: string): number[] {
  const mark = `${name}=${value}`;
  // A zombie's environment is empty.
  return pids().filter((pid) => textOf(pid, "environ")?.split("\0").includes(mark) ?? false);
}

/** How many files a process has open: a broker its connections and a few more. */
export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function pids(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

function textOf(pid: number, file: "stat" | "environ"): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return null;
  }
}
