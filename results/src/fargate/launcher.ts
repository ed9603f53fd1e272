import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";
import { OPEN_FILES } from "./check-launch.ts";

/** Artillery's own launcher, as a child. */
export interface Launcher {
  /** The exit code, or 128 and the signal's number; null while it runs. */
  readonly exitCode: number | null;
  readonly ended: Promise<void>;
  /** Artillery stops the containers at SIGTERM, and then ends. */
  stop(): void;
  kill(): void;
}

export interface LauncherOptions {
  script: string;
  testRunId: string;
  /** Arguments of `artillery run-fargate`. */
  args: readonly string[];
  /** Hears what it prints, a line each. */
  onLine(line: string): void;
}

/**
 * What each container is given: as many open files as Fargate has, and where it meets the others. They meet in the run's bucket, so
 * that a storm depends on nothing of the broker that it hits.
 */
export function launchConfig(containers: number, bucket: string, testRunId: string): string {
  const nofile = { name: "nofile", softLimit: OPEN_FILES, hardLimit: OPEN_FILES };
  const environment = [
    { name: "MQTT_FLEET_CONTAINERS", value: String(containers) },
    { name: "MQTT_FLEET_RENDEZVOUS", value: `s3://${bucket}/test-runs/${testRunId}/rendezvous` },
  ];
  return JSON.stringify({ ulimits: [nofile], environment });
}

/** @throws an error where Artillery is not installed */
export function startLauncher({ script, testRunId, args, onLine }: LauncherOptions): Launcher {
  const child = spawn(process.execPath, [artilleryProgram(), "run-fargate", ...args, script], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ARTILLERY_TEST_RUN_ID: testRunId },
  });
  const lines = [linesOf(child.stdout, onLine), linesOf(child.stderr, onLine)];
  let exitCode: number | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      onLine(error.message);
      exitCode = 1;
      resolve();
    });
    child.once("close", (code, signal) => {
      for (const flush of lines) flush();
      exitCode ??= code ?? (signal === "SIGKILL" ? 137 : 143);
      resolve();
    });
  });
  return {
    get exitCode() {
      return exitCode;
    },
    ended,
    stop: () => signalTo(child, "SIGTERM"),
    kill: () => signalTo(child, "SIGKILL"),
  };
}

function signalTo(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

function artilleryProgram(): string {
  for (const from of [import.meta.url, join(process.cwd(), "_")]) {
    try {
      return join(dirname(createRequire(from).resolve("artillery/package.json")), "bin/run");
    } catch {
      // The next place may have it.
    }
  }
  throw new Error("artillery is not installed here: install it in this project");
}

/** Returns what says a last line without an end. */
function linesOf(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(stripVTControlCharacters(line));
  });
  return () => {
    if (rest !== "") onLine(stripVTControlCharacters(rest));
    rest = "";
  };
}
