import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LONGEST } from "../support/longest-first.ts";

it("every file that begins early is there", () => {
  expect(LONGEST.filter((path) => !existsSync(join(import.meta.dirname, "../..", path)))).toEqual([]);
});
