import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Installed } from "./adapter.ts";

const execute = promisify(execFile);

/** Everything that Debian does not bring is installed here, never in the repository. */
export function cacheDir(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mqtt-brokers", name);
}

/** The program's path, or null. Debian keeps servers in /usr/sbin, which is not on every user's PATH. */
export function findProgram(name: string): string | null {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/go/bin",
    join(homedir(), ".cargo", "bin"),
  ];
  for (const folder of folders.filter((folder) => folder !== "")) {
    const path = join(folder, name);
    if (isProgram(path)) return path;
  }
  return null;
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs it and finds its version in what it says; some say it on standard error, some with an exit code. */
export async function versionOf(
  program: string | null,
  args: readonly string[],
  pattern: RegExp,
  otherwise: string,
): Promise<Installed> {
  if (program === null) return { reason: otherwise };
  const said = await execute(program, args, { timeout: 20_000 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: Error & { stdout?: string; stderr?: string }) =>
      (error.stdout ?? "") + (error.stderr ?? "") + error.message,
  );
  const version = pattern.exec(said)?.[1];
  return version === undefined
    ? { reason: `${program} ${args.join(" ")} says no version: ${said.trim().slice(0, 200)}` }
    : { version };
}
