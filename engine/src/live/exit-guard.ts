import { parentPort } from "node:worker_threads";
import { log } from "../artillery.ts";
import { FailureTexts } from "../fleet/failure-texts.ts";

/** Thrown in place of an exit. */
class ExitRefused extends Error {
  constructor(code: unknown, exit: typeof process.exit) {
    super(`process.exit(${code ?? ""}) was called: the worker thread cannot end before its devices`);
    // The stack begins with whoever called it.
    Error.captureStackTrace(this, exit);
  }

  /** The place of the call: `at exits (processor.mjs:3:9)`. */
  get site(): string {
    return /^\s*(at .+)$/m.exec(this.stack ?? "")?.[1] ?? "at an unknown place";
  }
}

/**
 * Keeps functions of the processor from ending their worker thread: `process.exit` ends a thread without a word to
 * Artillery, which then waits for it for ever. It throws instead, until Artillery itself says that the thread is to stop.
 */
export function guardExit(): void {
  const exit = process.exit;
  const failures = new FailureTexts(log);
  parentPort?.on("message", (message: { command?: unknown } | null) => {
    if (message?.command === "stop") process.exit = exit;
  });
  // This hears of every error that nobody caught, those of promises as well, just before whoever listens for it.
  process.on("uncaughtExceptionMonitor", (error: unknown) => {
    if (!(error instanceof ExitRefused)) {
      // Nobody listens: Node ends the thread by it, and Artillery the run.
      process.exit = exit;
      return;
    }
    if (process.hasUncaughtExceptionCaptureCallback()) return;
    // It was thrown into a callback of the user's, where no step waits for it: the run goes on, and a function that never calls
    // `done` fails as others do.
    process.once("uncaughtException", () => failures.tell(`${error.message} (${error.site})`));
  });
  const refuse: typeof process.exit = (code) => {
    throw new ExitRefused(code, refuse);
  };
  process.exit = refuse;
}
