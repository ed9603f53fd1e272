import type { ArrivedContainer } from "../parts/arrived.ts";
import type { Task } from "./cluster.ts";

/** A container that ended before its run did. */
export interface Loss {
  container: string;
  /** Epoch milliseconds. */
  atMs: number;
  /** As ECS puts it. */
  reason: string;
}

/**
 * Containers that have stopped without a last part.
 *
 * @param silentMs so long after it has stopped, nothing more comes of one
 */
export function lossesOf(
  tasks: readonly Task[],
  arrived: readonly ArrivedContainer[],
  nowMs: number,
  silentMs: number,
): Loss[] {
  const ended = new Set(arrived.filter(({ isLast }) => isLast).map(({ name }) => name));
  return tasks
    .filter(({ id, hasStopped, stoppedAtMs }) => {
      return hasStopped && !ended.has(id) && nowMs - (stoppedAtMs ?? 0) >= silentMs;
    })
    .map((task) => lossOf(task, nowMs));
}

/** Containers of which nothing is known to have ended well, once no more will come: those lost late as well. */
export function partingsOf(
  tasks: readonly Task[],
  arrived: readonly ArrivedContainer[],
  nowMs: number,
): Loss[] {
  const losses = lossesOf(tasks, arrived, nowMs, 0);
  const known = new Set(tasks.map(({ id }) => id));
  const silent = arrived
    .filter(({ name, isLast }) => !isLast && !known.has(name))
    .map(({ name, sentAtMs }) =>
      // Only a part that was read tells when it was sent.
      sentAtMs === 0
        ? { container: name, atMs: nowMs, reason: "nothing that it sent could be read" }
        : { container: name, atMs: sentAtMs, reason: "it sent nothing more" },
    );
  return [...losses, ...silent];
}

/**
 * Containers that were told to stop in the middle of their run, and had the time to say so: by Spot, or by somebody.
 *
 * @param interrupted names of containers with a worker that was interrupted
 */
export function interruptedOf(
  interrupted: ReadonlySet<string>,
  arrived: readonly ArrivedContainer[],
  tasks: readonly Task[],
): Loss[] {
  return arrived
    .filter(({ name, isLast }) => isLast && interrupted.has(name))
    .map(({ name, sentAtMs }) => {
      const reason = tasks.find(({ id }) => id === name)?.reason ?? "";
      return { container: name, atMs: sentAtMs, reason: reason === "" ? "no reason is given" : reason };
    });
}

function lossOf({ id, stoppedAtMs, reason }: Task, nowMs: number): Loss {
  return { container: id, atMs: stoppedAtMs ?? nowMs, reason: reason === "" ? "no reason is given" : reason };
}

/**
 * What a report says of it: which container, and when of the run.
 *
 * @param timeZeroMs of the run, epoch milliseconds; null where it never had one
 */
export function lossSentence(
  what: "lost" | "stopped",
  { container, atMs, reason }: Loss,
  timeZeroMs: number | null,
): string {
  const at =
    timeZeroMs === null
      ? `at ${new Date(atMs).toISOString()}`
      : `at second ${Math.round((atMs - timeZeroMs) / 1000)} of the run`;
  return `container ${container} was ${what} ${at}: ${reason}`;
}
