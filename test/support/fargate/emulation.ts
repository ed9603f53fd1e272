/** `mqtt-results fargate` against an account of this machine, as a user calls it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { type Account, startAccount } from "./account.ts";
import { type Container, EcsAgent } from "./agent.ts";
import { buildImage } from "./image.ts";

const COMMAND = resolve(import.meta.dirname, "../../../results/bin/mqtt-results.js");

export interface Emulation {
  account: Account;
  /** Containers of a run, in the order in which they were started. */
  containers(testRunId: string): Container[];
  /** `mqtt-results` with these arguments. The script is written where it runs. */
  command(script: object, args: readonly string[], options?: CommandOptions): Promise<CommandRun>;
  stop(): Promise<void>;
}

export interface CommandOptions {
  /** Files beside the script, by name. */
  files?: Readonly<Record<string, string>>;
  /** Hears all that was printed so far, at each piece of it. */
  onOutput?(text: string, child: ChildProcess): void;
}

export interface CommandRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Working directory. */
  directory: string;
  elapsedMs: number;
}

/** Whatever stands for AWS: its account, its cluster. */
export async function startEmulation(): Promise<Emulation> {
  const account = await startAccount();
  const folder = mkdtempSync(join(tmpdir(), "fargate-"));
  const image = buildImage(join(folder, "image"), account.url);
  const certificates = Object.entries(process.env).filter(([name]) => name.includes("CERT"));
  const agent = new EcsAgent({
    image,
    folder: join(folder, "tasks"),
    env: {
      ...account.env,
      ...(Object.fromEntries(certificates) as Record<string, string>),
      // A container has an empty one: here it is that of this machine, for npm asks a registry far away.
      npm_config_cache: process.env["npm_config_cache"] ?? join(process.env["HOME"] ?? "", ".npm"),
      npm_config_prefer_offline: "true",
    },
  });
  await agent.start();
  return {
    account,
    containers: (testRunId) => agent.containers.filter((one) => one.testRunId === testRunId),
    command: (script, args, options = {}) => runCommand(script, args, options, account, folder),
    async stop() {
      await agent.stop();
      await account.stop();
    },
  };
}

/** The id of the run that the command said it started; null before. */
export function runIdIn(text: string): string | null {
  return /^run (t[0-9a-f]+):/m.exec(text)?.[1] ?? null;
}

function runCommand(
  script: object,
  args: readonly string[],
  { files = {}, onOutput }: CommandOptions,
  account: Account,
  folder: string,
): Promise<CommandRun> {
  const runs = join(folder, "runs");
  mkdirSync(runs, { recursive: true });
  const directory = mkdtempSync(join(runs, "run-"));
  writeFileSync(join(directory, "fleet.yml"), stringify(script));
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const startedMs = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...account.env,
      ARTILLERY_DISABLE_TELEMETRY: "true",
      // It asks for messages with 75 consumers at a time, for hundreds of containers.
      SQS_CONSUMER_POOL_SIZE: "2",
    },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onOutput?.(stderr, child);
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => {
      done({ code, stdout, stderr, directory, elapsedMs: performance.now() - startedMs });
    });
  });
}
