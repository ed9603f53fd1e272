import { expect, it } from "vitest";
import { isQuiet } from "../../../results/src/quiet.ts";

const run = (...args: string[]): boolean => isQuiet(["node", "artillery", "run", ...args]);

it.each([
  ["-q"],
  ["--quiet"],
  ["-qk"],
  ["-kq"],
  ["-e", "staging", "--quiet"],
])("%s %s %s is quiet", (...args) => {
  expect(run(...args.filter(Boolean), "script.yml")).toBe(true);
});

it("is not quiet for what only holds the letter", () => {
  expect(run("script.yml")).toBe(false);
  expect(run("-k", "--environment", "quiet", "q.yml")).toBe(false);
  expect(run("-t", "mqtt://quiet", "--variables", '{"q":1}', "quiet")).toBe(false);
});
