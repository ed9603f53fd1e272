/**
 * `node test/support/fargate/install.ts`: what the emulation of AWS needs beside this repository, from PyPI into an environment of
 * its own in the user's cache: moto (the services) and the AWS command line (the worker's image has it).
 */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const PACKAGES = ["moto[server]==5.2.5", "awscli==1.46.3"];
const CACHE = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const ENVIRONMENT = join(CACHE, "mqtt-mass-reconnect", "moto-5.2.5");

/** What Artillery's worker script calls, and no package of npm or PyPI brings along. */
const PROGRAMS = ["bash", "curl", "jq", "pgrep", "unzip", "zip"];

/** A program of the environment. */
export function pythonProgram(name: string): string {
  return join(ENVIRONMENT, "bin", name);
}

/**
 * False, with the reason printed, where something of the emulation is missing: its tests are then skipped. Under CI they must
 * not be, so there it throws.
 */
export function emulationAvailable(): boolean {
  const reason = whatIsMissing();
  if (reason === null) return true;
  if (process.env["CI"]) throw new Error(`${reason}, and CI is set`);
  console.warn(`skipped: ${reason}`);
  return false;
}

function whatIsMissing(): string | null {
  const programs = PROGRAMS.filter((name) => findProgram(name) === null);
  if (programs.length > 0) return `the worker of Fargate needs ${programs.join(", ")}`;
  const isInstalled = ["moto_server", "aws"].every((name) => existsSync(pythonProgram(name)));
  return isInstalled ? null : "AWS is emulated by moto: node test/support/fargate/install.ts installs it";
}

export function findProgram(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function install(): void {
  if (existsSync(pythonProgram("aws"))) return;
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  try {
    execFileSync("python3", ["-m", "venv", ENVIRONMENT], { stdio: "inherit" });
    execFileSync(pythonProgram("pip"), ["install", "--quiet", ...PACKAGES], { stdio: "inherit" });
  } catch (error) {
    // Half of an environment would pass for a whole one.
    rmSync(ENVIRONMENT, { recursive: true, force: true });
    throw error;
  }
}

if (import.meta.main) install();
