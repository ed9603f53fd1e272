import { setTimeout as sleep } from "node:timers/promises";
import { unfinishedWorkers, workerRecordNames } from "./run-files.ts";

const POLL_MS = 50;
/** Workers are told to stop just before; each writes its last flush when its thread exits. */
const LONGEST_WAIT_MS = 5000;
/** Workers flush every two seconds: one that did not for so long was killed, and is not waited for. */
const STALE_MS = 5000;
/** A run whose engine wrote nothing at all (bad script, other engines) need not wait for so long. */
const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** Until no worker that may still be alive says that it is running, or for as long as it is worth. */
export async function waitForWorkers(directory: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_WAIT_MS; waitedMs += POLL_MS) {
    if (workerRecordNames(directory).length === 0) {
      if (waitedMs >= LONGEST_WAIT_FOR_FIRST_MS) return;
    } else {
      const now = Date.now();
      if (unfinishedWorkers(directory).every(({ updatedAtMs }) => now - updatedAtMs > STALE_MS)) return;
    }
    await sleep(POLL_MS);
  }
}
