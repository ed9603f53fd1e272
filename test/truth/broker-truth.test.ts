import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const overrides = (lastWindow: string, reconnect: object = {}): string =>
  JSON.stringify({
    config: {
      phases: [{ duration: 2, arrivalRate: 150 }],
      engines: {
        mqtt: {
          reconnect,
          storms: [
            { at: "4s", fraction: 0.4, cause: "reset", window: "4s" },
            { at: "9s", fraction: 1, cause: "reset", window: lastWindow },
          ],
        },
      },
    },
  });

/** Lines of Mosquitto's log about devices; the config service and the workers' agreement are clients as well. */
const ACCEPTED = /New client connected from \S+ as device-/;

describe.skipIf(!mosquittoAvailable())("what the broker says it accepted is what the summary says", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  it("over a run with two storms, exactly", async () => {
    const result = await runArtillery("scenarios/mass-reconnect.yml", {
      args: ["-t", broker.url, "--overrides", overrides("5s")],
    });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { totals, storms } = readSummary(result);
    expect(storms.map((storm) => storm.affected)).toEqual([120, 300]);
    expect(totals.connectsAccepted).toBe(broker.logged(ACCEPTED));
    expect(totals.connectsAccepted).toBe(720);
  });

  it("also when the broker is killed in mid-storm and started again", async () => {
    const before = broker.logged(ACCEPTED);
    let killed: Promise<void> | null = null;
    const result = await runArtillery("scenarios/mass-reconnect.yml", {
      // Requests that the broker took with it are asked again after their 5 s, and a longer back-off.
      args: ["-t", broker.url, "--overrides", overrides("16s", { base: "1s", cap: "3s" })],
      onOutput(text) {
        if (killed !== null || !text.includes("mqtt storm 2")) return;
        killed = (async () => {
          await new Promise((resolve) => setTimeout(resolve, 500));
          await broker.kill("SIGKILL");
          await broker.run();
        })();
      },
    });
    await killed;
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { totals, storms, errors } = readSummary(result);
    expect(storms[1]?.verdict).toBe("recovered");
    expect(storms[1]?.recovered).toBe(300);
    // Devices that were back when the broker died.
    expect(errors["closed"]).toBeGreaterThan(0);
    expect(totals.connectsAccepted).toBe(broker.logged(ACCEPTED) - before);
  });
});
