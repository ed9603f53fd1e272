/** The two packages as a container gets them: packed, from files beside a script, with no Artillery. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");
const ENGINE = "artillery-engine-mqtt";
const PLUGIN = "artillery-plugin-mqtt-results";
const OURS = [ENGINE, PLUGIN];

interface Locked {
  version?: string;
  resolved?: string;
  [key: string]: unknown;
}
const readLock = (path: string): Record<string, Locked> =>
  (JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Locked> }).packages;

/** Packs a copy of a package, whose manifest is changed first. */
async function pack(directory: string, change: object = {}): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "packed-"));
  const source = join(REPOSITORY, directory);
  cpSync(source, copy, {
    recursive: true,
    filter: (path) => !path.startsWith(join(source, "node_modules")) && !path.startsWith(join(source, "src")),
  });
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as object;
  writeFileSync(join(copy, "package.json"), JSON.stringify({ ...manifest, ...change }));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent"], { cwd: copy });
  return join(copy, stdout.trim());
}

describe("installed from files", () => {
  let registry: Server;
  /** Names that the registry was asked for. */
  let asked: string[] = [];
  let files: { engine: string; plugin: string; otherEngine: string };

  beforeAll(async () => {
    const known = knownPackages();
    registry = createServer(({ url }, answer) => {
      const name = decodeURIComponent((url ?? "/").slice(1));
      asked.push(name);
      const versions = OURS.includes(name) ? strangers(name) : known.get(name);
      answer.statusCode = versions === undefined ? 404 : 200;
      const latest = Object.keys(versions ?? {}).at(-1);
      answer.end(JSON.stringify({ name, "dist-tags": { latest }, versions }));
    });
    await new Promise<void>((listening) => registry.listen(0, "127.0.0.1", listening));
    const [engine, plugin, otherEngine] = await Promise.all([
      pack("engine"),
      pack("results"),
      pack("engine", { version: "9.9.9" }),
    ]);
    files = { engine, plugin, otherEngine };
  });
  afterAll(() => registry.close());

  const address = (): string => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

  /** Every version of every package that this repository has, as the registry would describe it. */
  function knownPackages(): Map<string, Record<string, Locked>> {
    const known = new Map<string, Record<string, Locked>>();
    for (const [path, locked] of Object.entries(readLock(join(REPOSITORY, "package-lock.json")))) {
      const name = path.split("node_modules/").at(-1) ?? "";
      if (!path.includes("node_modules/") || locked.version === undefined) continue;
      const one = { ...locked, name, dist: { tarball: `https://registry.invalid/${name}.tgz` } };
      known.set(name, { ...known.get(name), [locked.version]: one });
    }
    return known;
  }

  /** What somebody who has taken our names would offer. */
  function strangers(name: string): Record<string, Locked> {
    const versions = ["0.1.0", "99.0.0"];
    return Object.fromEntries(
      versions.map((version) => [
        version,
        { name, version, dist: { tarball: `${address()}/stranger/${name}-${version}.tgz` } },
      ]),
    );
  }

  /** What npm would install. */
  async function resolved(dependencies: Record<string, string>): Promise<Record<string, Locked>> {
    const folder = mkdtempSync(join(tmpdir(), "bundle-"));
    const manifest = { name: "bundle", version: "1.0.0", private: true, dependencies };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    asked = [];
    const flags = ["--package-lock-only", "--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", ["install", ...flags, "--registry", address(), "--cache", join(folder, "cache")], {
      cwd: folder,
    });
    return readLock(join(folder, "package-lock.json"));
  }

  const notFromFiles = (packages: Record<string, Locked>): (string | undefined)[] =>
    Object.entries(packages)
      .filter(([path]) => OURS.some((name) => path.endsWith(`node_modules/${name}`)))
      .map(([, { resolved: from }]) => from)
      .filter((from) => !from?.startsWith("file:"));

  it("brings no Artillery, and asks nobody for our names", async () => {
    const packages = await resolved({ [ENGINE]: `file:${files.engine}`, [PLUGIN]: `file:${files.plugin}` });
    const paths = Object.keys(packages);
    expect(paths).toEqual(expect.arrayContaining(OURS.map((name) => `node_modules/${name}`)));
    expect(paths.filter((path) => /node_modules\/artillery$|playwright/.test(path))).toEqual([]);
    expect(asked).toContain("mqtt-packet");
    expect(asked.filter((name) => OURS.includes(name))).toEqual([]);
    expect(notFromFiles(packages)).toEqual([]);
  });

  it("takes nothing of a stranger's where the engine is missing", async () => {
    expect(notFromFiles(await resolved({ [PLUGIN]: `file:${files.plugin}` }))).toEqual([]);
  });

  it("installs nothing where the engine is of another version, and a stranger has the one that is asked for", async () => {
    const both = { [ENGINE]: `file:${files.otherEngine}`, [PLUGIN]: `file:${files.plugin}` };
    await expect(resolved(both)).rejects.toThrow("ERESOLVE");
  });
});

describe("without Artillery", () => {
  /** A folder with the two packages, and what they depend on as it is here; links resolve to this repository, the two do not. */
  function folderWith(packages: readonly string[]): string {
    const folder = mkdtempSync(join(tmpdir(), "alone-"));
    const modules = join(folder, "node_modules");
    mkdirSync(modules);
    const here = join(REPOSITORY, "node_modules");
    const names = readdirSync(here).filter((name) => !OURS.includes(name) && name !== "artillery");
    for (const name of names) symlinkSync(join(here, name), join(modules, name));
    for (const [name, directory] of [
      [ENGINE, "engine"],
      [PLUGIN, "results"],
    ] as const) {
      if (!packages.includes(name)) continue;
      // Also the versions of its own that stand in its node_modules.
      cpSync(join(REPOSITORY, directory), join(modules, name), { recursive: true });
    }
    return folder;
  }

  const command = async (
    folder: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> => {
    const path = join(folder, "node_modules", PLUGIN, "bin/mqtt-results.js");
    try {
      const { stdout, stderr } = await run(process.execPath, [path, ...args], {
        cwd: folder,
        env: { ...process.env, ...env },
      });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  };

  const script = (flow: object[]): string =>
    JSON.stringify({
      config: {
        target: "mqtt://127.0.0.1",
        phases: [{ duration: 1, arrivalCount: 30 }],
        engines: { mqtt: { storms: [{ at: "5s", fraction: 0.5, cause: "reset", window: "10s" }] } },
        plugins: { "mqtt-results": {} },
      },
      scenarios: [{ engine: "mqtt", flow: [{ connect: {} }, ...flow] }],
    });

  it("forecasts, and reports on what was written", async () => {
    const folder = folderWith(OURS);
    writeFileSync(join(folder, "script.json"), script([{ stayOnline: {} }]));
    const forecast = await command(folder, ["forecast", "script.json"]);
    expect(forecast.stdout, forecast.stderr).toContain("FORECAST RECOVERED");
    const [id = ""] = readdirSync(join(folder, "mqtt-results"));
    const report = await command(folder, ["report", join("mqtt-results", id)]);
    expect(report.stdout, report.stderr).toContain("15 of 30 devices affected");
  });

  it("says in one line what is missing where a step is Artillery's own, and finds it through NODE_PATH", async () => {
    const folder = folderWith(OURS);
    writeFileSync(
      join(folder, "script.json"),
      script([{ loop: [{ think: 1 }], count: 2 }, { stayOnline: {} }]),
    );
    const without = await command(folder, ["forecast", "script.json"]);
    expect(without.code).not.toBe(0);
    expect(without.stderr.trim().split("\n").at(-1)).toMatch(/loop or parallel steps.*artillery/);
    const NODE_PATH = dirname(join(REPOSITORY, "node_modules", "artillery"));
    const found = await command(folder, ["forecast", "script.json"], { NODE_PATH });
    expect(found.stdout, found.stderr).toContain("FORECAST RECOVERED");
  });

  it("says in one line where the engine is missing", async () => {
    const { code, stderr } = await command(folderWith([PLUGIN]), ["--help"]);
    expect(stderr).toBe("mqtt-results needs artillery-engine-mqtt 0.1.0 beside it: install both packages\n");
    expect(code).toBe(3);
  });
});
