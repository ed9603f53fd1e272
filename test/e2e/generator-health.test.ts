/**
 * A generator that is the bottleneck says so, in the summary and beside the verdicts. That one which is not does not:
 * healthy-generator.test.ts.
 */
import { expect, it } from "vitest";
import { type RunOptions, runArtillery } from "../support/artillery.ts";
import { BLOCKER, script } from "../support/blocked-generator.ts";
import { readSummary } from "../support/summary.ts";

it("marks the verdicts of a saturated generator", async () => {
  const result = await runArtillery(script([{ function: "block" }, { connect: {} }, { stayOnline: {} }]), {
    files: { "processor.mjs": BLOCKER },
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const { generator, storms } = readSummary(result);
  expect(generator?.saturated).toBe(true);
  // It was blocked for 150 ms at a time.
  expect(generator?.eventLoopDelayMs.max).toBeGreaterThan(100);
  expect(storms[0]?.generatorSaturated).toBe(true);
  expect(result.stdout).toContain("(generator saturated)");
});

/** Stops the whole process between two instants after a line of its log, in milliseconds; later ones are told as late. */
function stopped(line: RegExp, fromMs: number, toMs: number): NonNullable<RunOptions["onOutput"]> {
  let seen = "";
  return (text, child) => {
    const before = line.test(seen);
    seen += text;
    if (before || !line.test(seen)) return;
    setTimeout(() => child.kill("SIGSTOP"), fromMs);
    setTimeout(() => child.kill("SIGCONT"), toMs);
  };
}

it("names a stop of 400 ms while devices reconnect, which a mean over the window would hide", async () => {
  const result = await runArtillery(script([{ connect: {} }, { stayOnline: {} }]), {
    files: { "processor.mjs": BLOCKER },
    onOutput: stopped(/mqtt storm 1/, 200, 600),
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const { storms, generator } = readSummary(result);
  expect(storms[0]).toMatchObject({ verdict: "recovered", generatorSaturated: true });
  expect(storms[0]?.generator?.eventLoopDelayMs.max).toBeGreaterThan(350);
  expect(generator?.reasons.join()).toMatch(
    /storm 1: it stood still for up to \d+ ms, .* of a reported time of/,
  );
});

it("has no verdict on a storm that it slept through, from before it to after its window", async () => {
  const later = { at: "5s", window: "2s" };
  const result = await runArtillery(script([{ connect: {} }, { stayOnline: {} }], later), {
    files: { "processor.mjs": BLOCKER },
    // Time zero is the first arrival, at most a second before Artillery says so.
    onOutput: stopped(/Phase started/, 1500, 8000),
  });
  expect(result.code, result.stdout + result.stderr).toBe(5);
  const [storm] = readSummary(result).storms;
  expect(storm).toMatchObject({ verdict: null, verdictAbsence: "not-watched", affected: 0 });
  expect(storm?.verdictReason).toMatch(/^not watched: worker 1 came to it [\d.]+ s after its instant/);
  expect(result.stdout).toContain("NO VERDICT: not watched");
  expect(result.stdout).toContain("mqtt storm 1: connection reset, missed");
});
