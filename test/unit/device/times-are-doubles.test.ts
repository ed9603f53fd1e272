/** V8 itself says which fields changed what they hold: a number that becomes a double deprecates the map of every device. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../support/run-files.ts";

it("no field of a device begins as a small integer and becomes a double, over a drop and the way back", () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [
      "--trace-generalization",
      "benchmarks/micro/run.ts",
      "--filter",
      "drop",
      "--quick",
      "--output",
      join(temporaryDirectory(), "micro.csv"),
    ],
    { cwd: resolve(import.meta.dirname, "../../.."), encoding: "utf8", maxBuffer: 1 << 28 },
  );
  expect(status).toBe(0);
  const lines = stdout.split("\n").filter((line) => line.startsWith("[generalizing]"));
  // It was asked, and answers.
  expect(lines.length).toBeGreaterThan(100);
  const fromNumber = lines.filter(
    (line) => /:s\{[^}]*\}->[dt]\{/.test(line) && line.includes("engine/src/device/"),
  );
  expect(fromNumber).toEqual([]);
});
