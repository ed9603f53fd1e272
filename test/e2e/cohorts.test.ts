/** Several scenarios in one script are several cohorts, told apart everywhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { readSummary, resultsDirectory } from "../support/summary.ts";

const CALM = "calm, with full jitter";
const HASTY = "hasty";

it("reports cohorts beside each other, and the fleet as a whole", async () => {
  const scenario = (name: string, weight: number, topic: string) => ({
    name,
    weight,
    engine: "mqtt",
    onConnect: [{ subscribe: { topics: topic } }],
    flow: [{ connect: {} }, { stayOnline: {} }],
  });
  const result = await runArtillery(
    {
      config: {
        target: "lab",
        phases: [{ duration: 1, arrivalRate: 100 }],
        engines: {
          mqtt: {
            reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" },
            storms: [{ at: "3s", fraction: 0.5, cause: "reset", window: "3s" }],
          },
        },
        plugins: { "mqtt-results": {} },
      },
      before: { engine: "mqtt", flow: [{ lab: {} }] },
      scenarios: [scenario(CALM, 3, "a/{{ deviceId }}"), scenario(HASTY, 1, "b/{{ deviceId }}")],
    },
    { severalWorkers: true },
  );
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const { fleet, storms } = readSummary(result);
  const [storm] = storms;
  expect(Object.keys(fleet.cohorts).sort()).toEqual([CALM, HASTY]);
  expect((fleet.cohorts[CALM] ?? 0) + (fleet.cohorts[HASTY] ?? 0)).toBe(100);
  // Artillery picks by weight, by chance: three of four.
  expect(fleet.cohorts[CALM]).toBeGreaterThan(50);
  expect(storm?.affected).toBe(50);
  const affected = (name: string): number => storm?.cohorts[name]?.affected ?? 0;
  expect(affected(CALM) + affected(HASTY)).toBe(50);
  expect(storm?.cohorts[CALM]?.verdict).toBe("recovered");
  expect(storm?.cohorts[HASTY]?.verdict).toBe("recovered");

  const file = (name: string): string => readFileSync(join(resultsDirectory(result), name), "utf8");
  for (const cohort of [CALM, HASTY]) {
    expect(file("timeline.csv")).toContain(cohort);
    expect(file("percentiles.csv")).toContain(cohort);
    expect(result.stdout.slice(result.stdout.indexOf("Mass reconnect"))).toContain(cohort);
  }
});
