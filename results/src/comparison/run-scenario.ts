import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CREDENTIAL_VARIABLES, NO_DEVICE_STARTED, PLUGIN_NAME } from "artillery-engine-mqtt/contract";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { type StormRecovery, stormRecovery } from "../judge/recovery-by-cohort.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import type { TimelineRow } from "../run/timeline.ts";

/** What the engine says of a target that it tried, without its advice on how to try it otherwise. */
const REFUSED = new RegExp(`${NO_DEVICE_STARTED}(.*?)(?: \\(probe: .*)?$`, "m");

export interface ScenarioRun {
  /** Path of the script. */
  script: string;
  url: string;
  env: Readonly<Record<string, string>>;
  /** An empty directory for the run's files; its console output goes to `artillery.log` beside them. */
  directory: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export type RunOutcome =
  | {
      kind: "measured";
      summary: Summary;
      timeline: readonly TimelineRow[];
      recovery: readonly StormRecovery[];
    }
  /** The target was tried before the first device, and none could have come in. */
  | { kind: "refused"; detail: string }
  | { kind: "failed"; detail: string };

/** One `artillery run` of the scenario against one broker, in a process group of its own. */
export async function runScenario(run: ScenarioRun, onOutput: (text: string) => void): Promise<RunOutcome> {
  const overrides = {
    config: { plugins: { [PLUGIN_NAME]: { output: run.directory, report: ["json", "csv", "html"] } } },
  };
  const child = spawn(
    "artillery",
    ["run", "-t", run.url, "--overrides", JSON.stringify(overrides), run.script],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...withoutCredentials(process.env), ARTILLERY_DISABLE_TELEMETRY: "true", ...run.env },
      // Ctrl-C on the terminal reaches the whole group: this process decides when the run ends.
      detached: true,
    },
  );
  let tail = "";
  const hear = (text: string): void => {
    tail = (tail + text).slice(-4000);
    onOutput(text);
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const code = await ended(child, run);
  const found = runDirectoryBelow(run.directory);
  const refused = code === EXIT_CODES.noDeviceOnline.code ? REFUSED.exec(tail)?.[1] : undefined;
  if (found === null && refused !== undefined) return { kind: "refused", detail: refused };
  // A run that was cut short has storms that never happened: they would read as "not reached".
  if (found === null || typeof code === "string") return { kind: "failed", detail: detailOf(code, tail) };
  try {
    const { run: merged, summary } = mergeDirectories([found], {});
    if (!summary.complete) return { kind: "failed", detail: `incomplete; ${detailOf(code, tail)}` };
    const recovery = merged.storms.flatMap((storm) => stormRecovery(merged, storm) ?? []);
    return { kind: "measured", summary, timeline: merged.timeline, recovery };
  } catch (error) {
    return { kind: "failed", detail: `${(error as Error).message}; ${detailOf(code, tail)}` };
  }
}

/** What this shell has for some broker is not for every one that is compared. */
function withoutCredentials(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = { ...environment };
  for (const name of Object.values(CREDENTIAL_VARIABLES)) delete own[name];
  return own;
}

/** The exit code, or the sentence that says why there is none. */
function ended(child: ChildProcess, { signal, timeoutMs }: ScenarioRun): Promise<number | string> {
  return new Promise((done) => {
    const stop = (kill: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, kill);
      } catch {
        // The group is gone already.
      }
    };
    let reason: string | null = null;
    let killer: NodeJS.Timeout | null = null;
    const end = (why: string): void => {
      if (reason !== null) return;
      reason = why;
      stop("SIGTERM");
      killer = setTimeout(() => stop("SIGKILL"), 10_000);
    };
    const timer = setTimeout(() => end(`the run did not end within ${timeoutMs / 1000} s`), timeoutMs);
    const abort = (): void => end("interrupted");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const settle = (code: number | string): void => {
      clearTimeout(timer);
      if (killer !== null) clearTimeout(killer);
      signal.removeEventListener("abort", abort);
      done(reason ?? code);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      settle(
        error.code === "ENOENT"
          ? "artillery is not on the PATH; run this through npm run or npx"
          : error.message,
      );
    });
    child.once("close", (code, killedBy) => settle(code ?? `killed by ${killedBy}`));
  });
}

function detailOf(code: number | string, tail: string): string {
  if (typeof code === "string") return code;
  const last = tail.trim().split("\n").filter(Boolean).slice(-3).join(" | ");
  return `artillery ended with ${code}: ${last}`;
}

/** The plugin makes one directory per run. */
function runDirectoryBelow(directory: string): string | null {
  try {
    const [only] = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return only === undefined ? null : join(directory, only.name);
  } catch {
    return null;
  }
}

/** The script as it was run, secrets masked: `script.json` of the run. */
export function maskedScript(directory: string): string | null {
  const found = runDirectoryBelow(directory);
  if (found === null) return null;
  try {
    return readTextFile(join(found, RUN_FILES.script), LIMITS.scriptBytes);
  } catch {
    return null;
  }
}
