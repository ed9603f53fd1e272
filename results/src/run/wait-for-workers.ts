import { setTimeout as sleep } from "node:timers/promises";
import { FILES } from "artillery-engine-mqtt/contract";
import { unfinishedWorkers, workerRecordNames } from "./run-files.ts";
import type { UnwrittenWorkers } from "./unwritten-workers.ts";

const POLL_MS = 50;
/** Workers are told to stop just before; each writes its last flush when its thread exits. */
const LONGEST_WAIT_MS = 5000;
/** Workers flush every two seconds: one that did not for so long was killed, and is not waited for. */
const STALE_MS = 5000;
/** A run whose engine wrote nothing at all (bad script, other engines) need not wait for so long. */
const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** Waits until no worker that may still be alive says that it is running, or for as long as that is worth it. */
export async function waitForWorkers(
  directory: string,
  unwritten: Pick<UnwrittenWorkers, "awaited" | "handedOn">,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_WAIT_MS; waitedMs += POLL_MS) {
    const { awaited, handedOn } = unwritten;
    const unfinished = unfinishedWorkers(directory).filter(({ id }) => !handedOn.has(id));
    const fresh = unfinished.filter(({ updatedAtMs }) => Date.now() - updatedAtMs <= STALE_MS);
    const names = workerRecordNames(directory);
    const unfinishedIds = new Set(unfinished.map(({ id }) => id));
    // One that could write again has a record that says how it ended.
    const silent = [...awaited].filter(
      (id) => unfinishedIds.has(id) || !names.includes(FILES.workerRecord(id)),
    );
    const any = names.length > 0 || awaited.size > 0 || handedOn.size > 0;
    if (any ? fresh.length === 0 && silent.length === 0 : waitedMs >= LONGEST_WAIT_FOR_FIRST_MS) return;
    await sleep(POLL_MS);
  }
}

/** Containers that share the directory and still run: what they measure is not all there yet. */
export function containersStillRunning(directory: string): string[] {
  const fresh = unfinishedWorkers(directory).filter(
    ({ updatedAtMs }) => Date.now() - updatedAtMs <= STALE_MS,
  );
  return [...new Set(fresh.flatMap(({ container }) => container ?? []))];
}
