/** Runs the real `artillery run` of this repository, the way a user does. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");
const ARTILLERY = realpathSync(join(REPOSITORY, "node_modules/.bin/artillery"));
const FOUR_CPUS = pathToFileURL(join(REPOSITORY, "test/support/cpus.ts")).href;
const TIMEOUT_MS = 120_000;

export interface ArtilleryRun {
  /** Exit code; null if the run had to be killed. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Working directory of the run: whatever it wrote is below. */
  runDirectory: string;
  elapsedMs: number;
}

export interface RunOptions {
  /** More arguments of `artillery run`, for example `["-t", "mqtt://127.0.0.1:1883"]`. */
  args?: readonly string[];
  /** Files beside the script, by name: a processor, a payload. */
  files?: Readonly<Record<string, string>>;
  /** Three worker threads on any machine; otherwise as many as the machine's CPUs give. */
  severalWorkers?: boolean;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  /** No file of the run can grow beyond it, as on a full disk: writes fail with EFBIG. */
  mostFileKiB?: number;
  /** Hears every piece of standard output, to act in the middle of the run; the directory is the run's own. */
  onOutput?: (text: string, child: ChildProcess, runDirectory: string) => void;
}

/**
 * Runs a script: the path of a file, or an object that is written into the run's own directory. Resolves when the
 * process has ended; one that does not end in time is killed, and only that one.
 */
export function runArtillery(script: string | object, options: RunOptions = {}): Promise<ArtilleryRun> {
  const {
    args = [],
    files = {},
    severalWorkers = false,
    env = {},
    timeoutMs = TIMEOUT_MS,
    mostFileKiB,
    onOutput,
  } = options;
  const runDirectory = mkdtempSync(join(tmpdir(), "artillery-run-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(runDirectory, name), text);
  const path = typeof script === "string" ? resolve(script) : join(runDirectory, "script.json");
  if (typeof script !== "string") writeFileSync(path, JSON.stringify(script, null, 2));

  const command = [process.execPath, ARTILLERY, "run", ...args, path];
  const limited = ["-c", `ulimit -f ${mostFileKiB} && exec "$0" "$@"`, ...command];
  const child = spawn(...(mostFileKiB === undefined ? program(command) : program(["bash", ...limited])), {
    cwd: runDirectory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ARTILLERY_DISABLE_TELEMETRY: "true",
      NODE_OPTIONS: severalWorkers ? `--import=${FOUR_CPUS}` : "",
      // On a full disk compiled code could not be kept either.
      ...(mostFileKiB === undefined ? {} : { NODE_DISABLE_COMPILE_CACHE: "1" }),
      ...env,
    },
  });
  const startedMs = performance.now();
  const killer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(text, child, runDirectory);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => {
      clearTimeout(killer);
      done({ code, stdout, stderr, runDirectory, elapsedMs: performance.now() - startedMs });
    });
  });
}

function program([name = "", ...args]: readonly string[]): [string, string[]] {
  return [name, args];
}
