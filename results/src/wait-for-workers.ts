import { setTimeout as sleep } from "node:timers/promises";
import { workerStates } from "./run-files.ts";

const POLL_MS = 50;
/** Workers are told to stop just before; each writes its last flush when its thread exits. */
const LONGEST_WAIT_MS = 5000;
/** A run whose engine wrote nothing at all (bad script, other engines) need not wait for so long. */
const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** Until every worker's record says that it is no longer running, or for as long as it is worth. */
export async function waitForWorkers(directory: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_WAIT_MS; waitedMs += POLL_MS) {
    const states = workerStates(directory);
    if (states.length === 0 && waitedMs >= LONGEST_WAIT_FOR_FIRST_MS) return;
    if (states.length > 0 && states.every((state) => state !== null && state !== "running")) return;
    await sleep(POLL_MS);
  }
}
