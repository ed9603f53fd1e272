/** A generator in good health is not marked: what generator-health.test.ts sees in one that is not. */
import { expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { BLOCKER, script } from "../support/blocked-generator.ts";
import { readSummary } from "../support/summary.ts";

it("leaves verdicts of a generator in good health unmarked", async () => {
  const result = await runArtillery(script([{ connect: {} }, { stayOnline: {} }]), {
    files: { "processor.mjs": BLOCKER },
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  expect(readSummary(result).storms[0]?.generatorSaturated).toBe(false);
  expect(result.stdout).not.toContain("(generator saturated)");
});
