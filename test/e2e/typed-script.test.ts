import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";

/** A script in TypeScript that holds its functions; of a .js script Artillery's worker threads get a copy without them. */
describe("functions by reference", () => {
  const folder = mkdtempSync(join(tmpdir(), "typed-"));
  let typed: ArtilleryRun;
  let untyped: ArtilleryRun;

  beforeAll(async () => {
    // Artillery writes what it makes of it beside the script.
    cpSync(join(import.meta.dirname, "typed/greeting.ts"), join(folder, "greeting.ts"));
    const script = `exports.config = { target: "lab", phases: [{ duration: 1, arrivalCount: 1 }], engines: { mqtt: {} } };
      exports.before = { engine: "mqtt", flow: [{ lab: {} }] };
      exports.scenarios = [{ engine: "mqtt", flow: [{ function: () => {} }, { connect: {} }, { stayOnline: { for: 1 } }] }];`;
    writeFileSync(join(folder, "untyped.js"), script);
    [typed, untyped] = await Promise.all([
      runArtillery(join(folder, "greeting.ts")),
      runArtillery(join(folder, "untyped.js")),
    ]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are called, each device by itself", () => {
    expect(typed.code, typed.stdout + typed.stderr).toBe(0);
    expect(new Set(typed.stdout.match(/hello, token of \S+/g)).size).toBe(4);
    expect(typed.stdout).not.toContain("never said");
  });

  it("are refused in a .js script, with a sentence", () => {
    expect(untyped.code).toBe(1);
    expect(untyped.stderr).toContain("a script that holds functions must be a .ts file");
  });
});
