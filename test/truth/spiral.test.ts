import { describe, expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { readSummary } from "../support/summary.ts";

/** Both scenarios at less than a third of their size, the back end with them. */
const small = (window: string): string =>
  JSON.stringify({
    config: {
      phases: [{ duration: 7, arrivalRate: 40 }],
      engines: {
        mqtt: {
          storms: [{ at: "9s", fraction: 1, cause: "reset", window }],
          configService: { capacity: 42 },
        },
      },
    },
  });

describe("the spiral and its cure: one fleet, one back end", () => {
  it("spiral.yml ends metastable", async () => {
    const result = await runArtillery("scenarios/spiral.yml", { args: ["--overrides", small("14s")] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const [storm] = readSummary(result).storms;
    expect(storm?.affected).toBe(280);
    expect(storm?.verdict).toBe("metastable");
    // Answers that come after their devices have given up.
    expect(storm?.lateResponses).toBeGreaterThan(0);
    expect(storm?.readyMs.p99).toBeNull();
    expect(storm?.amplification.config).toBeGreaterThan(2);
    expect(result.stdout).toContain("METASTABLE");
  });

  it("cached-config.yml recovers", async () => {
    const result = await runArtillery("scenarios/cached-config.yml", { args: ["--overrides", small("8s")] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const [storm] = readSummary(result).storms;
    expect(storm?.affected).toBe(280);
    expect(storm?.verdict).toBe("recovered");
    expect(storm?.readyMs.p99).toBeLessThan(8000);
  });
});
