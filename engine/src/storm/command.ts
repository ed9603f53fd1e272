import { type ChildProcess, spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { MASK, maskText, secretArguments } from "../secrets/secret-text.ts";

/** A command of the script's. No shell reads it. */
export interface Command {
  /** The program and its arguments. */
  command: readonly string[];
  timeoutMs: number;
}

/** So many characters are shown of the end of what the command wrote to stderr. */
const TAIL_CHARACTERS = 500;

/** So many are kept, to be masked as a whole: a secret may stand across the cut. */
const KEPT_CHARACTERS = 65_536;

/** After its exit, what it wrote to stderr may still be on its way for so long. */
const LAST_WORDS_MS = 500;

/**
 * Starts the command in a process group of its own, with this process's environment. How it ended is told in one line:
 * exit code, time taken, and the end of its stderr, masked. Returns how to kill it with all that it started.
 */
export function runCommand({ command, timeoutMs }: Command, tell: (line: string) => void): () => void {
  const [program = "", ...args] = command;
  // It may hold more than a name: a whole command line in one text is not found, and is told.
  const name = maskText(program);
  const secrets = secretArguments(command);
  const startedMs = performance.now();
  let child: ChildProcess;
  try {
    child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  } catch (error) {
    // Node throws what it does not hand to `error`: ENOTDIR, E2BIG, a NUL in an argument.
    tell(`command ${name} could not be started (${codeOf(error)})`);
    return () => {};
  }
  let tail = "";
  let isCut = false;
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
    const said = shownTail(tail, isCut, secrets);
    const stderr = said === "" ? "" : `; stderr: ${said}`;
    const tookMs = Math.round(performance.now() - startedMs);
    tell(`command ${name} ${how} after ${tookMs} ms${stderr}`);
  };

  // There is none where no descriptor was left for it: `error` tells.
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const all = tail + text;
    isCut ||= all.length > KEPT_CHARACTERS;
    tail = all.slice(-KEPT_CHARACTERS);
  });
  child.once("error", (error) => end(`could not be started (${codeOf(error)})`));
  child.once("exit", (code, signal) => {
    const finish = (): void => {
      if (killedFor !== null) end(`was killed (${killedFor})`);
      else end(code === null ? `was killed by ${signal}` : `ended with exit code ${code}`);
      child.stderr?.destroy();
    };
    child.once("close", finish);
    // A daemon that the command leaves behind may hold its stderr open for ever.
    setTimeout(finish, LAST_WORDS_MS).unref();
  });
  return () => kill("the run is over");
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/**
 * The end of what a command wrote, masked. Where its beginning was cut off, the first line and the rest of a key block may
 * be parts of a secret that no pattern knows any more: they are left out.
 */
export function shownTail(text: string, isCut: boolean, secrets: readonly string[] = []): string {
  const whole = isCut ? text.replace(/^[^\n]*\n?/, "") : text;
  const withoutKey = isCut
    ? whole.replace(/^(?:(?!-----BEGIN)[\s\S])*?-----END [^-]*PRIVATE KEY-----/, MASK)
    : whole;
  return maskText(withoutKey, secrets).trim().slice(-TAIL_CHARACTERS);
}
