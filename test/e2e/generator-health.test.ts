/** A generator that is the bottleneck says so, in the summary and beside the verdicts. */
import { expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { readSummary } from "../support/summary.ts";

/** Blocks the worker's event loop for 150 ms, four times a second. */
const BLOCKER = `
let blocking = false;
export function block(context, events, done) {
  if (!blocking) {
    blocking = true;
    setInterval(() => {
      const until = Date.now() + 150;
      while (Date.now() < until);
    }, 250).unref();
  }
  return done();
}
`;

const script = (flow: object[]) => ({
  config: {
    target: "lab",
    processor: "./processor.mjs",
    phases: [{ duration: 1, arrivalRate: 20 }],
    engines: { mqtt: { storms: [{ at: "2s", fraction: 1, cause: "reset", window: "4s" }] } },
    plugins: { "mqtt-results": {} },
  },
  before: { engine: "mqtt", flow: [{ lab: {} }] },
  scenarios: [{ name: "devices", engine: "mqtt", flow }],
});

it("marks the verdicts of a saturated generator", async () => {
  const result = await runArtillery(script([{ function: "block" }, { connect: {} }, { stayOnline: {} }]), {
    files: { "processor.mjs": BLOCKER },
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const { generator, storms } = readSummary(result);
  expect(generator.saturated).toBe(true);
  // It was blocked for 150 ms at a time.
  expect(generator.eventLoopDelayMs.max).toBeGreaterThan(100);
  expect(storms[0]?.generatorSaturated).toBe(true);
  expect(result.stdout).toContain("(generator saturated)");
});

it("leaves others unmarked", async () => {
  const result = await runArtillery(script([{ connect: {} }, { stayOnline: {} }]), {
    files: { "processor.mjs": BLOCKER },
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  expect(readSummary(result).storms[0]?.generatorSaturated).toBe(false);
  expect(result.stdout).not.toContain("(generator saturated)");
});
