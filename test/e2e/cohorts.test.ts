/** Several scenarios in one script are several cohorts, told apart everywhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
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

it.skipIf(!mosquittoAvailable())(
  "mixes firmwares in one storm: Mosquitto's log says what each is",
  async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const firmware = (name: string, client: Record<string, unknown>) => ({
      name,
      engine: "mqtt",
      ...client,
      onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}" } }],
      flow: [{ connect: { clientId: `${name}-{{ deviceId }}` } }, { stayOnline: {} }],
    });
    const result = await runArtillery({
      config: {
        target: broker.url,
        phases: [{ duration: 1, arrivalRate: 90 }],
        engines: {
          mqtt: {
            keepalive: "45s",
            reconnect: { policy: "fixed", base: "2s" },
            storms: [{ at: "3s", fraction: 1, cause: "reset", window: "4s" }],
          },
        },
        plugins: { "mqtt-results": {} },
      },
      scenarios: [
        firmware("old", {}),
        firmware("kept", {
          session: { clean: false },
          keepalive: "20m",
          reconnect: { policy: "immediate" },
        }),
        firmware("five", {
          protocolVersion: 5,
          keepalive: "30s",
          session: { clean: false, expiry: "1h" },
          reconnect: { preset: "azure-dotnet" },
        }),
      ],
    });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { fleet, storms } = readSummary(result);
    const devices = (name: string): number => fleet.cohorts[name] ?? 0;
    expect(devices("old") + devices("kept") + devices("five")).toBe(90);

    // Each was online twice, as what its scenario says. Whoever kept its session did not subscribe again.
    const inLog = (name: string, what: string): number =>
      broker.logged(new RegExp(`New client connected from \\S+ as ${name}-device-\\d+ \\(${what}\\)`));
    const told = { old: "p2, c1, k45", kept: "p2, c0, k1200", five: "p5, c0, k30" };
    const subscribed = { old: 2, kept: 1, five: 1 };
    for (const [name, what] of Object.entries(told)) {
      expect(devices(name)).toBeGreaterThan(0);
      expect([name, inLog(name, what), inLog(name, ".*")]).toEqual([
        name,
        2 * devices(name),
        2 * devices(name),
      ]);
      const subscribes = broker.logged(new RegExp(`Received SUBSCRIBE from ${name}-`));
      expect([name, subscribes]).toEqual([name, subscribed[name as keyof typeof subscribed] * devices(name)]);
    }

    const [storm] = storms;
    expect(Object.values(storm?.cohorts ?? {}).map(({ verdict }) => verdict)).toEqual(
      Array(3).fill("recovered"),
    );
    // Back-off is each cohort's own: 2 s, none, and 100 ms. A wait is never shorter than that.
    expect(storm?.cohorts["old"]?.readyMs.p50).toBeGreaterThanOrEqual(2000);
    expect(storm?.cohorts["kept"]?.readyMs.p50).toBeLessThan(2000);
    expect(storm?.cohorts["five"]?.readyMs.p50).toBeGreaterThanOrEqual(100);
    expect(fleet.clients).toMatchObject({
      old: { protocolVersion: 4, keepaliveMs: 45_000, reconnect: { policy: "fixed", baseMs: 2000 } },
      kept: { clean: false, longestBackoffMs: 0 },
      five: { protocolVersion: 5, sessionExpiryMs: 3_600_000, reconnect: { preset: "azure-dotnet" } },
    });
    expect(result.stdout.replace(/\s+/g, " ")).toContain("comes back by azure-dotnet");
  },
);
