import { parentPort } from "node:worker_threads";

/**
 * Keeps functions of the processor from ending their worker thread: `process.exit` ends a thread without a word to
 * Artillery, which then waits for it for ever. It throws instead, until Artillery itself says that the thread is to stop.
 */
export function guardExit(): void {
  const exit = process.exit;
  parentPort?.on("message", (message: { command?: unknown } | null) => {
    if (message?.command === "stop") process.exit = exit;
  });
  // Node itself ends a thread so after an error that nobody caught.
  process.once("uncaughtExceptionMonitor", () => {
    process.exit = exit;
  });
  process.exit = (code) => {
    throw new Error(
      `process.exit(${code ?? ""}) was called: the worker thread cannot end before its devices`,
    );
  };
}
