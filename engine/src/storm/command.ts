import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { maskText } from "../secret-text.ts";

/** A command of the script's. No shell reads it. */
export interface Command {
  /** The program and its arguments. */
  command: readonly string[];
  timeoutMs: number;
}

/** Of what the command wrote to stderr, so many characters of its end are shown. */
const TAIL_CHARACTERS = 500;

/** After its exit, what it wrote to stderr may still be on its way for so long. */
const LAST_WORDS_MS = 500;

/**
 * Starts the command in a process group of its own, with this process's environment. How it ended is told in one line:
 * exit code, time taken, and the end of its stderr, masked. Returns how to kill it with all that it started.
 */
export function runCommand({ command, timeoutMs }: Command, tell: (line: string) => void): () => void {
  const [program = "", ...args] = command;
  const startedMs = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let tail = "";
  let killedFor: string | null = null;
  let over = false;

  const kill = (reason: string): void => {
    if (over || killedFor !== null || child.pid === undefined) return;
    killedFor = reason;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has gone by itself.
    }
  };
  const timer = setTimeout(kill, timeoutMs, `not over after ${timeoutMs / 1000} s`);
  const end = (how: string): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    const said = tail.trim();
    const stderr = said === "" ? "" : `; stderr: ${maskText(said).slice(-TAIL_CHARACTERS)}`;
    const tookMs = Math.round(performance.now() - startedMs);
    tell(`command ${program} ${how} after ${tookMs} ms${stderr}`);
  };

  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    // Twice what is shown: masked as a whole, for a secret may stand across the cut.
    tail = (tail + text).slice(-2 * TAIL_CHARACTERS);
  });
  child.once("error", (error: NodeJS.ErrnoException) => {
    end(`could not be started (${error.code ?? error.message})`);
  });
  child.once("exit", (code, signal) => {
    const finish = (): void => {
      if (killedFor !== null) end(`was killed (${killedFor})`);
      else end(code === null ? `was killed by ${signal}` : `ended with exit code ${code}`);
      child.stderr.destroy();
    };
    child.once("close", finish);
    // A daemon that the command leaves behind may hold its stderr open for ever.
    setTimeout(finish, LAST_WORDS_MS).unref();
  });
  return () => kill("the run is over");
}
