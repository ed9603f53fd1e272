import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dependenciesBeside } from "../../../../results/src/fargate/dependencies.ts";
import { NotStageable } from "../../../../results/src/fargate/not-stageable.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

function sent(dependencies: Record<string, string>, links: readonly string[] = []) {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies }));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["one", "two", "private"]) {
    const place = join(folder, links.includes(name) ? "packages" : "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.2.3" }));
    if (links.includes(name)) symlinkSync(place, join(folder, "node_modules", name));
  }
  return dependenciesBeside(folder, { ours: "ours.tgz" });
}

describe("dependencies of a script", () => {
  it("go along in the version that is installed, and those of an address as they are written", () => {
    const git = { a: "git+ssh://git@example.com/a.git", b: "someone/b#v1", c: "https://example.com/c.tgz" };
    expect(sent({ one: "^1.0.0", two: "latest", private: "npm:@its/name@^1", ...git })).toEqual({
      one: "1.2.3",
      two: "1.2.3",
      private: "npm:@its/name@1.2.3",
      ...git,
    });
  });

  it("that are ours, or in the image, are left out however they are written", () => {
    expect(sent({ ours: "file:../ours.tgz", artillery: "2.0.34" })).toEqual({});
  });

  it.each([
    "file:../private",
    "link:../private",
    "workspace:*",
    "../private",
    "./p",
    "/p",
    "portal:x",
  ])("of %s are refused by name", (asked) => {
    expect(() => sent({ private: asked })).toThrow(NotStageable);
    expect(() => sent({ private: asked })).toThrow(
      `dependencies.private: ${asked} is on this machine alone, and containers would ask a registry for its name; allowed: `,
    );
  });

  it("that are a workspace's own are refused, though a range asks for them", () => {
    expect(() => sent({ private: "^1.0.0" }, ["private"])).toThrow(
      "private: ^1.0.0 is on this machine alone",
    );
  });

  it("that are not installed are refused", () => {
    expect(() => sent({ ranged: "^1.0.0" })).toThrow(
      "dependencies.ranged: ^1.0.0 is not installed; allowed: what npm install has put beside the script",
    );
  });
});
