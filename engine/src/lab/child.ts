import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How long a child may take to announce itself. */
const START_TIMEOUT_MS = 15_000;
/** How long a child may take to leave before it is killed. */
const STOP_TIMEOUT_MS = 2000;

/** What a child says first: where it listens, or why it cannot. */
export type Announcement = ({ ready: true } & Started) | { ready: false; reason: string };

export interface Started {
  port: number;
  /** A broker that speaks TLS has a certificate, in PEM, made when it started. */
  certificate?: string;
  /** A config service stands by while another one answers at this broker. */
  standsBy?: boolean;
}

/** Hears of a child that ended before it was told to: what it was, and how it ended. */
export type OnEnded = (name: string, how: string) => void;

export interface LabChild extends Started {
  pid: number;
  stop(): Promise<void>;
}

/**
 * Starts one of the lab's processes and waits until it is ready. Settings go over the IPC channel, not through the
 * arguments: those are visible to every user of the machine. The channel is also the child's lifeline: see `serve`.
 */
export async function startChild(
  entry: "broker" | "config-service" | "auth-service",
  settings: object,
  onEnded: OnEnded,
): Promise<LabChild> {
  const name = `the lab's ${entry.replace("-", " ")}`;
  // The entry stands beside this module, compiled or not.
  const extension = import.meta.filename.endsWith(".ts") ? "ts" : "js";
  const child = fork(fileURLToPath(new URL(`./${entry}.${extension}`, import.meta.url)), [], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // It is out of the terminal's process group: Ctrl-C is for the run, which stops its children when it has its results.
    detached: true,
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const ended = howItEnded(child);
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    child.ref();
    child.kill("SIGTERM");
    const timer = setTimeout(kill, STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
    process.removeListener("exit", kill);
  };
  const announcement = await announced(child, ended, settings);
  if (!announcement.ready) {
    await stop();
    throw new Error(`${name} did not start: ${announcement.reason}`);
  }
  void ended.then((how) => {
    if (!stopping) onEnded(name, how);
  });
  // The run's end does not wait for the lab.
  child.unref();
  child.channel?.unref();
  const { ready: _ready, ...started } = announcement;
  // It has announced itself, so there is a process.
  return { pid: child.pid as number, ...started, stop };
}

function howItEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    // There is no exit where there was no process; any other error, as a message that cannot be sent, has its exit.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

function announced(child: ChildProcess, ended: Promise<string>, settings: object): Promise<Announcement> {
  return new Promise((resolve) => {
    const refuse = (reason: string): void => answer({ ready: false, reason });
    const timer = setTimeout(
      () => refuse(`no word from it within ${START_TIMEOUT_MS / 1000} s`),
      START_TIMEOUT_MS,
    );
    const answer = (announcement: Announcement): void => {
      clearTimeout(timer);
      resolve(announcement);
    };
    child.once("message", (message) => answer(message as Announcement));
    void ended.then((how) => refuse(`it ended at once (${how})`));
    if (child.connected) child.send(settings);
  });
}

/**
 * The child's side: hears its settings, starts, announces, and ends with its parent. The channel closes when the parent
 * ends in whatever way, SIGKILL included.
 */
export function serve<Settings>(start: (settings: Settings) => Promise<Started>): void {
  process.on("disconnect", () => process.exit());
  process.on("SIGTERM", () => process.exit());
  // The parent ends it when its run is over; a terminal tells both.
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  // The parent is gone already, while this process loaded its modules: nobody will say so again.
  if (!process.connected) process.exit();
  process.once("message", (settings) => {
    start(settings as Settings).then(
      (started) => announce({ ready: true, ...started }),
      (error: Error) => announce({ ready: false, reason: error.message }),
    );
  });
}

function announce(announcement: Announcement): void {
  // Nobody hears it where the parent has just ended.
  process.send?.(announcement, undefined, undefined, (error) => {
    if (error !== null) process.exit();
  });
}
