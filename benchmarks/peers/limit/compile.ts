import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "../mosquitto.ts";

const SOURCE = fileURLToPath(new URL("client.c", import.meta.url));

export type Compiled = { path: string } | { reason: string };

let compiled: Compiled | null = null;

/** Once per process, into a folder that goes with it: nothing that somebody else put there is ever run. */
export function compileLimit(): Compiled {
  compiled ??= compile();
  return compiled;
}

function compile(): Compiled {
  if (process.platform !== "linux") return { reason: "it needs Linux's epoll" };
  const cc = findProgram("cc");
  if (cc === null) return { reason: "cc is not on the PATH" };
  const directory = mkdtempSync(join(tmpdir(), "bench-limit-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "limit");
  try {
    // Warnings are an error in the project's tests alone: another compiler has others.
    execFileSync(cc, ["-std=gnu11", "-O2", "-o", path, SOURCE], { stdio: ["ignore", "ignore", "pipe"] });
    return { path };
  } catch (error) {
    return { reason: `${cc} does not compile it: ${(error as Error).message.trim().split("\n").at(-1)}` };
  }
}
