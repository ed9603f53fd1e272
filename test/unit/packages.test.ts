/** What both packages say of themselves. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const { version } = JSON.parse(text("package.json")) as { version: string };

describe.each(["engine", "results"])("%s", (folder) => {
  it("has the licence of the whole", () => expect(text(`${folder}/LICENSE`)).toBe(text("LICENSE")));

  it("depends at run time only on what its sources import", () => {
    const { dependencies } = JSON.parse(text(`${folder}/package.json`)) as { dependencies: object };
    const imported = spawnSync("grep", ["-rhoE", '(from|import) "[^."][^"]*"', join(ROOT, folder, "src")], {
      encoding: "utf8",
    }).stdout;
    const byUrl = spawnSync("grep", ["-rhoE", 'resolve\\("[^."][^"]*"\\)', join(ROOT, folder, "src")], {
      encoding: "utf8",
    }).stdout;
    const unused = Object.keys(dependencies).filter(
      (name) =>
        !imported.includes(`"${name}"`) && !imported.includes(`"${name}/`) && !byUrl.includes(`"${name}`),
    );
    expect(unused).toEqual([]);
  });
});

it("a tag is held against all versions", () => {
  const check = (tag: string) =>
    spawnSync(process.execPath, [join(ROOT, ".github/check-version.mjs"), tag], { encoding: "utf8" });
  expect(check(`v${version}`).status).toBe(0);
  const wrong = check("v99.0.0");
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain(
    `results/package.json, its peer artillery-engine-mqtt: ${version}, the tag is v99.0.0`,
  );
});
