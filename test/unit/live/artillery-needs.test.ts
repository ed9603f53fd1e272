import { expect, it } from "vitest";
import { artilleryProblem } from "../../../engine/src/artillery-needs.ts";

const helpers = { createLoopWithCount() {}, createParallel() {}, captureOrMatch() {} };

it("an Artillery that has all will do, whatever its version", () => {
  expect(artilleryProblem(helpers, "2.0.34")).toBeNull();
  expect(artilleryProblem({ ...helpers, more: 1 }, null)).toBeNull();
});

it.each([
  [
    undefined,
    "1.7.9",
    "this Artillery (1.7.9) lacks what the engine needs (createLoopWithCount, createParallel, captureOrMatch)",
  ],
  [
    { ...helpers, captureOrMatch: undefined },
    null,
    "this Artillery lacks what the engine needs (captureOrMatch)",
  ],
])("one that lacks something is told so in one line, with what to do", (given, version, text) => {
  const problem = artilleryProblem(given, version);
  expect(problem).toContain(text);
  expect(problem).toContain("npm install artillery@latest");
  expect(problem).not.toContain("\n");
});
