import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { ScriptNeeds } from "artillery-engine-mqtt/check";
import { parseDocument } from "yaml";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { dependenciesBeside } from "./dependencies.ts";
import { type Dependencies, manifestOf } from "./manifest.ts";
import { NotStageable } from "./not-stageable.ts";

/** What of the script the launcher has to send along. */
export interface StagedScript {
  path: string;
  config: Record<string, unknown>;
  pemFiles: ScriptNeeds["pemFiles"];
}

/**
 * Puts the script and all that it needs into an empty folder, with our packages as tarballs: a worker that installs them by
 * name would take whatever somebody registered under these names. Returns the path of the script there.
 *
 * @param workingDirectory PEM files count from it
 * @throws NotStageable, and what npm says where it cannot pack
 */
export function stage(script: StagedScript, folder: string, workingDirectory: string): string {
  const from = dirname(resolve(script.path));
  const included = copyOwnFiles(script.config, from, folder);
  const document = parseDocument(readTextFile(script.path, LIMITS.scriptBytes));
  const pem = script.pemFiles.map(({ path, file }, i) => {
    const name = `pem/${i}-${basename(file)}`;
    copy(resolve(workingDirectory, file), join(folder, name));
    document.setIn(path, name);
    return name;
  });
  const tarballs = packOurs(folder);
  writeFileSync(join(folder, "package.json"), manifestOf(dependenciesBeside(from, tarballs), tarballs));
  const sent = [...included, ...pem, ...Object.values(tarballs), "package.json"];
  document.setIn(["config", "includeFiles"], document.createNode(sent));
  const staged = join(folder, basename(script.path));
  const isJson = extname(staged) === ".json";
  writeFileSync(staged, isJson ? JSON.stringify(document.toJS(), null, 2) : document.toString());
  return staged;
}

const ENGINE = "artillery-engine-mqtt";
const PLUGIN = "artillery-plugin-mqtt-results";

/** Names of the tarballs, by package. */
function packOurs(folder: string): Dependencies {
  const require = createRequire(import.meta.url);
  const roots = [
    resolve(dirname(require.resolve(`${ENGINE}/contract`)), ".."),
    resolve(import.meta.dirname, "../.."),
  ];
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder, ...roots];
  const text = execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const packed = JSON.parse(text) as { name: string; filename: string }[];
  const tarballs = Object.fromEntries(packed.map(({ name, filename }) => [name, filename]));
  for (const name of [ENGINE, PLUGIN]) if (!(name in tarballs)) throw new Error(`npm did not pack ${name}`);
  return tarballs;
}

/** Payloads, the processor with the modules beside it, and what the script includes itself. Returns the latter. */
function copyOwnFiles(config: Record<string, unknown>, from: string, folder: string): string[] {
  const take = (path: string, value: unknown): string => {
    const within = typeof value === "string" ? relative(from, resolve(from, value)) : "";
    const isBelow = within !== "" && !within.startsWith("..") && !isAbsolute(within);
    if (typeof value === "string" && isBelow) {
      copy(join(from, within), join(folder, within));
      return within;
    }
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    throw new NotStageable(`${path}: ${shown}; allowed: a file in the script's own folder`);
  };
  const { payload, processor, includeFiles } = config;
  for (const [i, spec] of listOf(payload).entries()) {
    take(`config.payload[${i}].path`, (spec as { path?: unknown } | null)?.path);
  }
  if (processor !== undefined) {
    take("config.processor", processor);
    copyModules(from, folder);
  }
  return listOf(includeFiles).map((file, i) => take(`config.includeFiles[${i}]`, file));
}

function listOf(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : [value].flat();
}

function copy(from: string, to: string): void {
  if (!existsSync(from)) throw new NotStageable(`${from}: no such file`);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

const MODULE = /\.(c|m)?[jt]s$|\.json$/;
const LEFT_OUT = new Set(["node_modules", "mqtt-results", "package.json", "package-lock.json"]);
const MOST_MODULES = 2000;
const MOST_MODULE_BYTES = 50_000_000;

/** A processor may import whatever is beside it: Artillery sends what it does import. */
function copyModules(from: string, folder: string): void {
  let [files, bytes] = [0, 0];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(from, below), { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name) || entry.name.startsWith(".")) continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) walk(path);
      if (!entry.isFile() || !MODULE.test(entry.name) || existsSync(join(folder, path))) continue;
      files++;
      bytes += statSync(join(from, path)).size;
      if (files > MOST_MODULES || bytes > MOST_MODULE_BYTES) {
        throw new NotStageable(
          `config.processor: ${from}${sep} has too many files beside it; allowed: a folder of its own for the script`,
        );
      }
      copy(join(from, path), join(folder, path));
    }
  };
  walk("");
}
