import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./programs.ts";

/** The registries' own clients, one function each. All run niced: an installation must not disturb a measurement. */

export type Say = (line: string) => void;

interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** Runs a command, and throws with the end of its output where it fails. */
export async function run(say: Say, command: readonly string[], options: RunOptions = {}): Promise<void> {
  say(`+ ${command.join(" ")}`);
  const child = spawn("nice", [...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${output}`);
}

function needProgram(name: string, hint: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is needed and not there: ${hint}`);
  return path;
}

const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Debian starts a daemon on its default port as it installs one, and at every boot. It is kept from both, since the comparison
 * starts its own instances. A policy of the machine's own is left alone.
 */
export async function aptInstall(
  say: Say,
  packages: readonly string[],
  services: readonly string[],
): Promise<void> {
  needProgram("apt-get", "this broker is installed from Debian's packages");
  const root = process.getuid?.() === 0 ? [] : [needProgram("sudo", "apt-get needs root")];
  const own = !existsSync(POLICY);
  // The variable goes through `env`, so that sudo lets it through.
  const apt = [...root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
  try {
    if (own) {
      await run(say, [
        ...root,
        "sh",
        "-c",
        `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`,
      ]);
    }
    await run(say, [...apt, "update"]);
    await run(say, [...apt, "install", "-y", "--no-install-recommends", ...packages]);
  } finally {
    if (own) await run(say, [...root, "rm", "-f", POLICY]);
  }
  if (services.length > 0 && findProgram("systemctl") !== null) {
    await run(say, [...root, "systemctl", "disable", "--quiet", ...services]);
  }
}

export async function cargoInstall(say: Say, crate: string, version: string, folder: string): Promise<void> {
  const cargo = needProgram("cargo", "https://rustup.rs, or Debian's cargo where it is new enough");
  await run(say, [cargo, "install", crate, "--version", version, "--locked", "--quiet", "--root", folder]);
}

/** Builds a main package of ours, with the broker as its library, at the versions of its go.mod. */
export async function goBuild(say: Say, source: string, program: string): Promise<void> {
  const go = needProgram("go", "https://go.dev/dl, or Debian's golang-go where it is new enough");
  // Go writes go.sum beside go.mod, so it gets a copy and not the repository's.
  const copy = `${program}.src`;
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  await run(say, ["cp", "-r", `${source}/.`, copy]);
  await run(say, [go, "mod", "tidy"], { cwd: copy });
  await run(say, [go, "build", "-o", program, "."], { cwd: copy });
}

/** An artifact with all that it needs at run time, into `folder`. */
export async function mavenDependencies(say: Say, artifact: string, folder: string): Promise<void> {
  const maven = needProgram("mvn", "apt-get install maven");
  const [group, name, version] = artifact.split(":");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const pom = join(folder, "pom.xml");
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>
  </dependency></dependencies>
</project>
`,
  );
  await run(say, [
    maven,
    "-q",
    "-B",
    "-f",
    pom,
    "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${join(folder, "lib")}`,
  ]);
}

/** One archive, unpacked into `folder`. */
export async function mavenArchive(say: Say, artifact: string, folder: string): Promise<void> {
  const maven = needProgram("mvn", "apt-get install maven");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(say, [
    maven,
    "-q",
    "-B",
    "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack",
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
    "-Dproject.basedir=/tmp",
  ]);
}
