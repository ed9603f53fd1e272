import { setTimeout as pause } from "node:timers/promises";
import type { Arrived } from "../parts/arrived.ts";
import type { Cluster, Task } from "./cluster.ts";
import type { Launcher } from "./launcher.ts";
import { type Loss, lossesOf, partingsOf } from "./losses.ts";

export interface CarryOptions {
  launcher: Launcher;
  cluster: Cluster;
  arrived: Arrived;
  /** Artillery has told its workers to begin. */
  hasBegun(): Promise<boolean>;
  /** Called after each look at what has come. */
  onLook(): Promise<void>;
  say(line: string): void;
  /** The command that lists the run's containers, for when AWS does not tell us. */
  listCommand: string;
  /** The user has asked to stop: once, and again. */
  interrupt: AbortSignal;
  pollMs?: number;
}

export interface CarriedRun {
  /** Containers that ended before their run did, or said nothing more. */
  losses: Loss[];
  /** All containers, as they were in the end. */
  tasks: Task[];
  /** A container stopped before the run began, so there was none. */
  hasFailedEarly: boolean;
  /** We told the launcher to stop: its exit code tells nothing. */
  wasStopped: boolean;
}

const POLL_MS = 5000;
/** A container that has stopped has sent its last part: so long after, it did not. */
const SILENT_MS = 10_000;
/** The launcher waits for metrics of all containers, which takes 40 s where all have said that they ended. */
const LAUNCHER_MS = 120_000;
/** After it was told to stop, it stops the containers one after the other. */
const LAUNCHER_STOP_MS = 60_000;
/** Containers have 30 s between being told to stop and being killed. */
const LAST_PARTS_MS = 40_000;
/** So often the containers are asked for in the end, where AWS does not answer. */
const LAST_LOOKS = 3;
const LOG_LINES = 30;

/**
 * Watches the containers of a run, and brings it to its end: one that stopped before the run began ends it, one that was lost
 * is named, and a launcher that would wait for it for ever is told to stop. Results are all fetched in the end.
 */
export async function carryRun(options: CarryOptions): Promise<CarriedRun> {
  const { launcher, arrived, say, interrupt, pollMs = POLL_MS } = options;
  const losses = new Map<string, Loss>();
  let hasFailedEarly = false;
  let wasStopped = false;
  let hasBegun = false;
  let allStoppedAtMs: number | null = null;
  let known: Task[] = [];
  const told = new Set<string>();
  const tell: Tell = (what, error) => {
    const { name, message } = error as Error;
    // Not by the message: it may hold a number of the request.
    if (told.has(`${what} ${name}`)) return;
    told.add(`${what} ${name}`);
    say(`${what} (${name}: ${message}); it is asked again`);
  };
  const stop = (): void => {
    wasStopped = true;
    launcher.stop();
  };

  while (launcher.exitCode === null && !wasStopped) {
    await Promise.race([launcher.ended, pause(pollMs), aborted(interrupt)]);
    if (interrupt.aborted) {
      say("stopping the containers; what they have measured so far is kept");
      stop();
      break;
    }
    const tasks = await looked(options, tell);
    if (tasks === null) continue;
    known = tasks;
    hasBegun ||= await hasRunBegun(options, tell);
    const stopped = tasks.filter(({ hasStopped }) => hasStopped);
    const [early] = stopped;
    if (!hasBegun && early !== undefined && launcher.exitCode === null) {
      say(
        `container ${early.id} stopped before the run began (${early.reason}); the end of what it printed:`,
      );
      for (const line of await logEnd(options.cluster, early)) say(`  ${line}`);
      hasFailedEarly = true;
      stop();
      break;
    }
    for (const loss of lossesOf(tasks, arrived.containers, Date.now(), SILENT_MS)) {
      if (losses.has(loss.container)) continue;
      losses.set(loss.container, loss);
      say(`container ${loss.container} was lost (${loss.reason}); the others go on`);
      const task = tasks.find(({ id }) => id === loss.container);
      const isSilent = !arrived.containers.some(({ name }) => name === loss.container);
      if (task === undefined || !isSilent) continue;
      say("  it sent nothing; the end of what it printed:");
      for (const line of await logEnd(options.cluster, task)) say(`  ${line}`);
    }
    if (tasks.length === 0 || stopped.length < tasks.length) continue;
    allStoppedAtMs ??= Date.now();
    const allowedMs = losses.size > 0 ? SILENT_MS : LAUNCHER_MS;
    if (launcher.exitCode === null && Date.now() - allStoppedAtMs >= allowedMs) {
      say("all containers have ended, and artillery still waits: it is told to stop");
      stop();
    }
  }
  if (wasStopped) await launcherEnd(launcher, say);
  const latest = await lastParts(options, losses, tell);
  const tasks = latest ?? known;
  await stopLeftOver(options.cluster, tasks, say);
  if (latest === null) {
    say(`AWS does not tell whether containers still run, and cost money; this does: ${options.listCommand}`);
    say("  (aws ecs stop-task stops one)");
  }
  for (const parting of partingsOf(tasks, arrived.containers, Date.now())) {
    if (!losses.has(parting.container) && !hasFailedEarly) losses.set(parting.container, parting);
  }
  return { losses: [...losses.values()], tasks, hasFailedEarly, wasStopped };
}

/** Says an error of AWS once: what could not be told, and why. */
type Tell = (what: string, error: unknown) => void;

/** Asks for the containers and fetches what is new. Null where AWS does not tell the containers: it is asked again. */
async function looked({ cluster, arrived, onLook }: CarryOptions, tell: Tell): Promise<Task[] | null> {
  let tasks: Task[] | null = null;
  // In this order: what a container that has stopped has sent is fetched.
  try {
    tasks = await cluster.tasks();
  } catch (error) {
    tell("AWS does not tell how the containers do", error);
  }
  try {
    await arrived.fetch();
    await onLook();
  } catch (error) {
    tell("what the containers send cannot be read", error);
  }
  return tasks;
}

async function hasRunBegun(options: CarryOptions, tell: Tell): Promise<boolean> {
  try {
    return await options.hasBegun();
  } catch (error) {
    tell("AWS does not tell whether the run has begun", error);
    return false;
  }
}

async function launcherEnd(launcher: Launcher, say: (line: string) => void): Promise<void> {
  await Promise.race([launcher.ended, pause(LAUNCHER_STOP_MS, null, { ref: false })]);
  if (launcher.exitCode !== null) return;
  say("artillery did not end, and is killed");
  launcher.kill();
  await launcher.ended;
}

/** Waits for what containers send while they end. Null where AWS does not tell the containers in the end. */
async function lastParts(
  options: CarryOptions,
  losses: ReadonlyMap<string, Loss>,
  tell: Tell,
): Promise<Task[] | null> {
  const { arrived, pollMs = POLL_MS } = options;
  const untilMs = Date.now() + LAST_PARTS_MS;
  for (let looks = 1; ; looks++) {
    const tasks = await looked(options, tell);
    const awaited = arrived.containers.filter(({ name, isLast }) => !isLast && !losses.has(name));
    const isTold = tasks !== null || looks >= LAST_LOOKS;
    if ((awaited.length === 0 && isTold) || Date.now() >= untilMs) return tasks;
    await pause(Math.min(pollMs, 1000));
  }
}

/** The launcher stops them all; where it could not, they would cost money until their run is over. */
async function stopLeftOver(
  cluster: Cluster,
  tasks: readonly Task[],
  say: (line: string) => void,
): Promise<void> {
  for (const task of tasks.filter(({ hasStopped }) => !hasStopped)) {
    try {
      await cluster.stop(task);
    } catch (error) {
      say(`container ${task.id} may still run, and cost money: ${(error as Error).message}`);
    }
  }
}

async function logEnd(cluster: Cluster, task: Task): Promise<string[]> {
  try {
    return await cluster.logEnd(task, LOG_LINES);
  } catch (error) {
    return [`(its log cannot be read: ${(error as Error).message})`];
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
