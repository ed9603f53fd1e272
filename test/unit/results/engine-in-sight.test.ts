import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { engineProblem } from "../../../results/src/engine-in-sight.ts";

const CONFIG = { engines: { mqtt: {} } };

/** Artillery's program in a place of its own, reached by a link as npm makes them; with the engine beside it, or without. */
function installed(withEngine: boolean): string {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "artillery-place-")));
  mkdirSync(join(place, "node_modules/artillery/bin"), { recursive: true });
  writeFileSync(join(place, "node_modules/artillery/bin/run"), "");
  if (withEngine) {
    mkdirSync(join(place, "node_modules/artillery-engine-mqtt"));
    writeFileSync(join(place, "node_modules/artillery-engine-mqtt/index.js"), "");
  }
  symlinkSync(join(place, "node_modules/artillery/bin/run"), join(place, "artillery"));
  return join(place, "artillery");
}

it("says in one line what to do where Artillery cannot see the engine from its own place", () => {
  const problem = engineProblem(CONFIG, installed(false));
  expect(problem).toMatch(
    /^mqtt-results: Artillery \(.+bin\/run\) cannot see artillery-engine-mqtt: install both in one place, .+$/,
  );
});

it("says nothing where it can, where no script of the engine is run, and where nobody knows", () => {
  expect(engineProblem(CONFIG, installed(true))).toBeNull();
  expect(engineProblem({ engines: { ws: {} } }, installed(false))).toBeNull();
  expect(engineProblem(undefined, installed(false))).toBeNull();
  expect(engineProblem(CONFIG, undefined)).toBeNull();
});
