import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { allProcesses, treeOf } from "../processes/process-table.ts";

const children = new Set<ChildProcess>();

/**
 * Ends with this process: a benchmark that is interrupted leaves nothing behind. taskset becomes the program that it starts, so
 * the child is that program on a core of its own as well.
 */
export function spawnOwn(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  core: number | null = null,
): ChildProcess {
  const child =
    core === null
      ? spawn(command, args, options)
      : spawn("taskset", ["-c", String(core), command, ...args], options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

export function killAll(): void {
  for (const child of children) killTree(child);
}

/** A launcher that is a script leaves its program behind unless that is ended too. */
export function killTree(child: ChildProcess): void {
  for (const pid of descendantsOf(child)) endProcess(pid);
  child.kill("SIGKILL");
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function descendantsOf(child: ChildProcess): number[] {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return [];
  return treeOf(pid, allProcesses()).filter((one) => one !== pid);
}

process.once("exit", killAll);

export function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done) => child.once("exit", (code) => done(code)));
}
