/** The packed packages in a project of a user's own, with each package manager: the README's commands, and its script. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");
/** Where the README has the tarballs. */
const PACKAGES = "/tmp/packages";
/** The Node of the user's project: CI has several. */
const NODE = realpathSync(process.env["INSTALL_NODE"] ?? process.execPath);

const section = /^## In a project of your own\n(.*?)^## /ms.exec(
  readFileSync(join(REPOSITORY, "README.md"), "utf8"),
)?.[1];
const blocks = (language: string): string[] =>
  [...(section ?? "").matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, text]) => text ?? "",
  );

/** The commands of the README; the first block packs, the others install, one for each package manager. */
const [PACK, ...INSTALLS] = blocks("sh");
const [SCRIPT] = blocks("yaml");

describe(`on Node of ${NODE}`, () => {
  let packages: string;
  /** A user's: without what npm and Vitest set for this run, and with what a closed network needs (certificates, a mirror). */
  const environment = (): NodeJS.ProcessEnv => ({
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV)/.test(name)),
    ),
    PATH: `${shims()}:${dirname(NODE)}:${process.env["PATH"]}`,
    ARTILLERY_DISABLE_TELEMETRY: "true",
    NO_COLOR: "1",
  });

  beforeAll(async () => {
    packages = mkdtempSync(join(tmpdir(), "packages-"));
    await run("sh", ["-ec", here(PACK ?? "")], { cwd: REPOSITORY });
  });
  const here = (commands: string): string => commands.replaceAll(PACKAGES, packages);

  it("the README has one block that packs, one for each package manager, and a script", () => {
    expect(PACK).toContain("npm pack");
    expect(INSTALLS.map((text) => /\b(npm|pnpm|yarn) (?:install|add)/.exec(text)?.[1])).toEqual([
      "npm",
      "pnpm",
      "yarn",
    ]);
    expect(SCRIPT).toContain("storms:");
  });

  it("each tarball has its licence and docs, and no source map", async () => {
    for (const name of readdirSync(packages)) {
      const { stdout } = await run("tar", ["-tzf", join(packages, name)]);
      const files = stdout.split("\n");
      expect(files).toEqual(expect.arrayContaining(["package/LICENSE", "package/README.md"]));
      expect(files.some((file) => file.startsWith("package/docs/"))).toBe(true);
      expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
    }
  });

  it.each(INSTALLS.map((commands) => ({ commands })))("$commands", async ({ commands }) => {
    const project = mkdtempSync(join(tmpdir(), "project-"));
    writeFileSync(join(project, "storm.yml"), SCRIPT ?? "");
    const { stdout } = await run("sh", ["-exc", here(commands)], {
      cwd: project,
      env: environment(),
      maxBuffer: 2 ** 26,
    });
    expect(stdout).toMatch(/RECOVERED.*: 100 % of the affected devices/);
    const [directory = ""] = readdirSync(join(project, "mqtt-results"));
    const summary = JSON.parse(
      readFileSync(join(project, "mqtt-results", directory, "summary.json"), "utf8"),
    );
    expect(summary).toMatchObject({ complete: true, storms: [{ affected: 100, recovered: 100 }] });
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect(Object.keys({ ...dependencies, ...devDependencies }).sort()).toEqual([
      "artillery",
      "artillery-engine-mqtt",
      "artillery-plugin-mqtt-results",
    ]);
  });

  /** `pnpm` and `yarn` as if they were installed: npx fetches them. */
  function shims(): string {
    const folder = join(packages, "bin");
    mkdirSync(folder, { recursive: true });
    for (const [name, version] of Object.entries({ pnpm: "10", yarn: "1.22.22" })) {
      writeFileSync(join(folder, name), `#!/bin/sh\nexec npx --yes ${name}@${version} "$@"\n`, {
        mode: 0o755,
      });
    }
    return folder;
  }
});
