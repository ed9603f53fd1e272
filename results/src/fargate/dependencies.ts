import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { type Dependencies, isScripts } from "./manifest.ts";
import { NotStageable } from "./not-stageable.ts";

/** A range or a tag; a workspace's catalogue of them. */
const OF_REGISTRY = /^(catalog:.*|[^:/\\]*)$/;
/** `"name": "npm:other@range"` */
const ALIAS = /^npm:(@?[^@]+)(@.*)?$/;
/** From where no registry is asked: it goes along as it is written. */
const OF_ADDRESS = /^(git(\+\w+)?|https?|github|gitlab|bitbucket|gist):|^[\w-]+\/[\w.-]+(#.*)?$/;

/**
 * Dependencies of the package.json beside the script, each in the version that is installed.
 *
 * @param tarballs ours, which are not among them
 * @throws NotStageable where a container could not install one, or would ask a registry for the name of a private one
 */
export function dependenciesBeside(folder: string, tarballs: Dependencies): Dependencies {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return {};
  const { dependencies = {} } = JSON.parse(readFileSync(path, "utf8")) as { dependencies?: Dependencies };
  const require = createRequire(path);
  return Object.fromEntries(
    Object.entries(dependencies)
      .filter(([name]) => isScripts(name, tarballs))
      .map(([name, asked]) => [name, sentAs(require, path, name, asked)]),
  );
}

function sentAs(require: NodeJS.Require, manifest: string, name: string, asked: string): string {
  const shown = `${manifest}: dependencies.${name}: ${asked}`;
  if (OF_ADDRESS.test(asked)) return asked;
  const [, other] = ALIAS.exec(asked) ?? [];
  const found = installed(require, name);
  const isOfRegistry = other !== undefined || OF_REGISTRY.test(asked);
  // A workspace's own package is asked for by a range, and installed as a link to where it is written.
  if (!isOfRegistry || (found !== null && !found.folder.split(sep).includes("node_modules"))) {
    throw new NotStageable(
      `${shown} is on this machine alone, and containers would ask a registry for its name; ` +
        "allowed: a version of a registry, an address of git or https, or no dependency: files in the script's folder that are imported by path",
    );
  }
  if (found === null) {
    throw new NotStageable(`${shown} is not installed; allowed: what npm install has put beside the script`);
  }
  return other === undefined ? found.version : `npm:${other}@${found.version}`;
}

function installed(require: NodeJS.Require, name: string): { folder: string; version: string } | null {
  for (const folder of require.resolve.paths(name) ?? []) {
    const path = join(folder, name, "package.json");
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: unknown };
    if (typeof version === "string") return { folder: realpathSync(join(folder, name)), version };
  }
  return null;
}
