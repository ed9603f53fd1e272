import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const CACHE = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");

/** Programs from PyPI, in an environment of their own in the user's cache. */
export interface PythonEnvironment {
  folder: string;
  packages: readonly string[];
}

/** @param name of the environment; another one when its packages change, so that the old one is not taken for it */
export function pythonEnvironment(name: string, packages: readonly string[]): PythonEnvironment {
  return { folder: join(CACHE, "mqtt-mass-reconnect", name), packages };
}

/** The path of a program of the environment. */
export function pythonProgram({ folder }: PythonEnvironment, name: string): string {
  return join(folder, "bin", name);
}

/** False where one of these programs is not installed. */
export function hasPrograms(environment: PythonEnvironment, names: readonly string[]): boolean {
  return names.every((name) => existsSync(pythonProgram(environment, name)));
}

/** Installs it anew. Needs python3 and PyPI, or whatever pip is told to use. */
export function installPython(environment: PythonEnvironment): void {
  const { folder, packages } = environment;
  rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
    execFileSync(
      pythonProgram(environment, "pip"),
      ["install", "--quiet", "--disable-pip-version-check", ...packages],
      { stdio: "inherit" },
    );
  } catch (error) {
    // Half of an environment would pass for a whole one.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
