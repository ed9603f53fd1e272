/** A newcomer's first mistake: the README's own script on a broker of theirs, where nothing answers config requests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const script = parse(/## A script\n+```yaml\n([\s\S]*?)```/.exec(README)?.[1] ?? "") as object;
const smaller = {
  config: {
    phases: [{ duration: 1, arrivalRate: 60 }],
    engines: { mqtt: { storms: [{ at: "8s", fraction: 1, cause: "reset", window: "2s" }] } },
  },
};

describe.skipIf(!mosquittoAvailable())("the README's script on a plain Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  it("has no verdict, says what was missing, and does not end with 0", async () => {
    const run = await runArtillery(script, {
      args: ["-t", broker.url, "--overrides", JSON.stringify(smaller)],
    });
    expect(run.code, run.stdout + run.stderr).toBe(5);
    const { storms, fleet, totals } = readSummary(run);
    expect(fleet).toMatchObject({ devices: 60, everOnline: 60 });
    expect(storms[0]).toMatchObject({ verdict: null, verdictAbsence: "no-baseline", neverReady: 60 });
    const asked = Number(/\(0 of (\d+) config requests answered\)/.exec(storms[0]?.verdictReason ?? "")?.[1]);
    expect(asked).toBeGreaterThanOrEqual(60);
    expect(asked).toBeLessThanOrEqual(totals.configRequests);
    // A busy machine marks the verdict besides.
    expect(run.stdout).toMatch(
      /NO VERDICT( \(generator saturated\))?: the fleet was never ready before the storm \(0 of/,
    );
    expect(run.stdout).toContain("EXIT 5:");
  });
});
