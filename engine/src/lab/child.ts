import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How long a child may take to announce itself. */
const START_TIMEOUT_MS = 15_000;
/** How long a child may take to leave before it is killed. */
const STOP_TIMEOUT_MS = 2000;

/** What a child says first: where it listens, or why it cannot. */
export type Announcement = { ready: true; port: number } | { ready: false; reason: string };

export interface LabChild {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts one of the lab's processes and waits until it is ready. Settings go over the IPC channel, not through the
 * arguments: those are visible to every user of the machine. The channel is also the child's lifeline: see `serve`.
 */
export async function startChild(entry: "broker" | "config-service", settings: unknown): Promise<LabChild> {
  // Beside this module, compiled or not.
  const extension = import.meta.filename.endsWith(".ts") ? "ts" : "js";
  const child = fork(fileURLToPath(new URL(`./${entry}.${extension}`, import.meta.url)), [], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Out of the terminal's process group: Ctrl-C is for the run, which stops its children when it has its results.
    detached: true,
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  try {
    const announcement = await announced(child, entry, settings);
    if (!announcement.ready) throw new Error(`the lab's ${entry} did not start: ${announcement.reason}`);
    // The run's end does not wait for the lab.
    child.unref();
    child.channel?.unref();
    return { pid: child.pid ?? 0, port: announcement.port, stop: () => stop(child, kill) };
  } catch (error) {
    await stop(child, kill);
    throw error;
  }
}

function announced(child: ChildProcess, entry: string, settings: unknown): Promise<Announcement> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the lab's ${entry} did not start within ${START_TIMEOUT_MS / 1000} s`)),
      START_TIMEOUT_MS,
    );
    child.once("message", (message) => {
      clearTimeout(timer);
      resolve(message as Announcement);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the lab's ${entry} ended at once (${signal ?? `exit code ${code}`})`));
    });
    child.send(settings as object);
  });
}

function stop(child: ChildProcess, kill: () => void): Promise<void> {
  process.removeListener("exit", kill);
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(kill, STOP_TIMEOUT_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.ref();
    child.kill("SIGTERM");
  });
}

/**
 * The child's side: hears its settings, starts, announces, and ends with its parent. The channel closes when the parent
 * ends in whatever way, SIGKILL included.
 */
export function serve<Settings>(start: (settings: Settings) => Promise<{ port: number }>): void {
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
  process.once("message", (settings) => {
    start(settings as Settings).then(
      ({ port }) => announce({ ready: true, port }),
      (error: Error) => announce({ ready: false, reason: error.message }),
    );
  });
}

function announce(announcement: Announcement): void {
  process.send?.(announcement);
}
