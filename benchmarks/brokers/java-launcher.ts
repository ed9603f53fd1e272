import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Certificates, Installed } from "./adapter.ts";
import { mavenDependencies, run, type Say } from "./install-steps.ts";
import { cacheDir, findProgram } from "./programs.ts";

/** Brokers that are Java libraries: their jars from Maven Central, and a main class of ours, compiled once. */
export interface JavaBroker {
  name: string;
  /** group:artifact:version */
  artifact: string;
}

/** Opens a key store that lives as long as its broker, in a folder of its own: it is no secret. */
export const KEY_STORE_PASSWORD = "comparison";

export function keyStorePath(workDir: string): string {
  return join(workDir, "server.p12");
}

/** What the launchers take to make that key store of PEM files. */
export function keyStoreArgs(workDir: string, { certificate, key }: Certificates): string[] {
  return [certificate, key, keyStorePath(workDir), KEY_STORE_PASSWORD];
}

function sources({ name }: JavaBroker): string[] {
  return [`${name}/Launcher.java`, "java/KeyStores.java"].map((file) =>
    fileURLToPath(new URL(`./launchers/${file}`, import.meta.url)),
  );
}

/** The name says what was compiled: a launcher of an earlier version of this tool does not stand in for this one's. */
function classesDir(broker: JavaBroker): string {
  const hash = createHash("sha256");
  for (const file of sources(broker)) hash.update(readFileSync(file));
  return join(cacheDir(broker.name), `classes-${hash.digest("hex").slice(0, 12)}`);
}

export function classPath(broker: JavaBroker): string {
  return `${classesDir(broker)}:${join(cacheDir(broker.name), "lib")}/*`;
}

export async function installJava(say: Say, broker: JavaBroker): Promise<void> {
  const folder = cacheDir(broker.name);
  const javac = findProgram("javac");
  if (javac === null) throw new Error("javac is needed and not there: apt-get install default-jdk-headless");
  await mavenDependencies(say, broker.artifact, folder);
  const classes = classesDir(broker);
  await run(say, [javac, "-cp", `${join(folder, "lib")}/*`, "-d", classes, ...sources(broker)]);
}

export function installedJava(broker: JavaBroker): Promise<Installed> {
  return Promise.resolve(inspect(broker));
}

function inspect(broker: JavaBroker): Installed {
  const { name, artifact } = broker;
  if (findProgram("java") === null) return { reason: "java is not on the PATH" };
  const folder = cacheDir(name);
  if (!existsSync(join(classesDir(broker), "Launcher.class")))
    return { reason: `${folder} has no compiled launcher of this version` };
  const prefix = `${artifact.split(":")[1]}-`;
  const jar = readdirSync(join(folder, "lib")).find((file) => file.startsWith(prefix));
  return jar === undefined
    ? { reason: `${folder}/lib has no ${prefix}*.jar` }
    : { version: jar.slice(prefix.length, -".jar".length) };
}
