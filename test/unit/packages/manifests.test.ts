/** What the two packages say that they need: a container that installs them must get no more than that, and nothing of a stranger's. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
  optionalDependencies?: Record<string, string>;
}

const read = (path: string): Manifest =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")) as Manifest;
const engine = read("engine/package.json");
const results = read("results/package.json");
const EXACT = /^\d+\.\d+\.\d+$/;

describe.each([engine, results])("$name", (manifest) => {
  it("needs Artillery only where there is one: it would bring a browser along", () => {
    expect(manifest.peerDependencies["artillery"]).toMatch(/^>=2\./);
    expect(manifest.peerDependenciesMeta["artillery"]).toEqual({ optional: true });
    expect(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })).not.toContain(
      "artillery",
    );
  });

  it("names exact versions of all that it installs", () => {
    const loose = Object.entries(manifest.dependencies).filter(([, version]) => !EXACT.test(version));
    expect(loose).toEqual([]);
  });

  it("has none of our own names installed for it: nobody has registered them", () => {
    const ours = [engine.name, results.name];
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(installed.filter((name) => ours.includes(name))).toEqual([]);
    const peers = Object.keys(manifest.peerDependencies).filter((name) => ours.includes(name));
    for (const name of peers) expect(manifest.peerDependenciesMeta[name], name).toEqual({ optional: true });
  });
});

it("the plugin reads what the engine of its own version writes", () => {
  expect(results.peerDependencies[engine.name]).toBe(engine.version);
  expect(results.version).toBe(engine.version);
});
