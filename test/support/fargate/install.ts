/**
 * `node test/support/fargate/install.ts`: what the emulation of AWS needs beside this repository, from PyPI into an environment of
 * its own in the user's cache: moto (the services) and the AWS command line (the worker's image has it).
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { hasPrograms, installPython, pythonEnvironment, pythonProgram } from "../python-environment.ts";

const MOTO = "moto_server";
const AWS = "aws";
const EMULATION = pythonEnvironment("moto-5.2.5", ["moto[server]==5.2.5", "awscli==1.46.3"]);

/** What Artillery's worker script calls, and no package of npm or PyPI brings along. */
const PROGRAMS = ["bash", "curl", "jq", "pgrep", "unzip", "zip"];

/** The path of moto's server. */
export const MOTO_SERVER: string = pythonProgram(EMULATION, MOTO);

/** The path of the AWS command line. */
export const AWS_PROGRAM: string = pythonProgram(EMULATION, AWS);

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
  return motoIsMissing();
}

/** Null where it is installed; else a sentence that says what to do. */
export function motoIsMissing(): string | null {
  if (hasPrograms(EMULATION, [MOTO, AWS])) return null;
  return "AWS is emulated by moto: node test/support/fargate/install.ts installs it";
}

export function findProgram(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

if (import.meta.main && !hasPrograms(EMULATION, [MOTO, AWS])) installPython(EMULATION);
