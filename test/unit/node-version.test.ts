import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeProblem } from "../../engine/src/node-version.ts";

const ROOT = join(import.meta.dirname, "../..");

it.each([
  ["22.18.0", true],
  ["22.17.9", false],
  ["20.20.2", false],
  ["24.0.0", true],
  ["26.1.0", true],
])("Node %s is new enough: %s", (version, isNewEnough) => {
  expect(nodeProblem(version)).toBe(isNewEnough ? null : `Node 22.18 or newer is needed; this is ${version}`);
});

it("is what every package.json asks for", () => {
  for (const folder of [".", "engine", "results"]) {
    const { engines } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
    expect(engines.node).toBe(">=22.18");
  }
});

it.each([
  "12.22.12",
  "20.20.2",
  "22.17.0",
])("the command says on Node %s which one it needs, before it loads anything", (version) => {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(pretend)}`,
      join(ROOT, "results/bin/mqtt-results.js"),
      "--help",
    ],
    { encoding: "utf8" },
  );
  expect([status, stdout, stderr]).toEqual([
    1,
    "",
    `mqtt-results: Node 22.18 or newer is needed; this is ${version}\n`,
  ]);
});
