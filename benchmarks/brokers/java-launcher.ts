import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Installed } from "./adapter.ts";
import { mavenDependencies, run, type Say } from "./install-steps.ts";
import { cacheDir, findProgram } from "./programs.ts";

/** Brokers that are Java libraries: their jars from Maven Central, and a main class of ours, compiled once. */
export interface JavaBroker {
  name: string;
  /** group:artifact:version */
  artifact: string;
}

export function classPath({ name }: JavaBroker): string {
  return `${join(cacheDir(name), "classes")}:${join(cacheDir(name), "lib")}/*`;
}

export async function installJava(say: Say, broker: JavaBroker): Promise<void> {
  const folder = cacheDir(broker.name);
  const javac = findProgram("javac");
  if (javac === null) throw new Error("javac is needed and not there: apt-get install default-jdk-headless");
  await mavenDependencies(say, broker.artifact, folder);
  const source = fileURLToPath(new URL(`./launchers/${broker.name}/Launcher.java`, import.meta.url));
  await run(say, [javac, "-cp", `${join(folder, "lib")}/*`, "-d", join(folder, "classes"), source]);
}

export function installedJava({ name, artifact }: JavaBroker): Promise<Installed> {
  return Promise.resolve(inspect(name, artifact));
}

function inspect(name: string, artifact: string): Installed {
  if (findProgram("java") === null) return { reason: "java is not on the PATH" };
  const folder = cacheDir(name);
  if (!existsSync(join(folder, "classes", "Launcher.class")))
    return { reason: `${folder} has no compiled launcher` };
  const prefix = `${artifact.split(":")[1]}-`;
  const jar = readdirSync(join(folder, "lib")).find((file) => file.startsWith(prefix));
  return jar === undefined
    ? { reason: `${folder}/lib has no ${prefix}*.jar` }
    : { version: jar.slice(prefix.length, -".jar".length) };
}
