/** A run that ends when its storms have recovered, seen from the broker: everybody leaves at one time, long before the window ends. */
import { describe, expect, it, onTestFinished } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const DEVICES = 60;
const WINDOW_S = 80;

function script(target: string): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalRate: DEVICES }],
      plugins: { "mqtt-results": { report: ["json", "console"] } },
      engines: {
        mqtt: {
          endWhenRecovered: { settle: "2s" },
          reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" },
          storms: [
            { at: "3s", fraction: "50 %", cause: "reset", window: "8s" },
            { at: "12s", fraction: 1, cause: "close", window: `${WINDOW_S}s` },
          ],
        },
      },
    },
    scenarios: [{ engine: "mqtt", name: "devices", flow: [{ connect: {} }, { stayOnline: {} }] }],
  };
}

/** Times, in whole seconds, at which the broker logged what matches. */
function timesOf(broker: Mosquitto, line: RegExp): number[] {
  return broker
    .log()
    .split("\n")
    .filter((text) => line.test(text))
    .map((text) => Date.parse(`${text.slice(0, 19)}Z`) / 1000);
}

describe.skipIf(!mosquittoAvailable())("on Mosquitto", () => {
  it("all workers' devices say DISCONNECT together once all are ready; several containers are refused", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const [run, refused] = await Promise.all([
      runArtillery(script(broker.url), { severalWorkers: true }),
      runArtillery(script(broker.url), {
        env: { MQTT_FLEET_CONTAINERS: "2", MQTT_FLEET_INDEX: "0", ARTILLERY_TEST_RUN_ID: "early" },
      }),
    ]);
    expect(refused.code).toBe(11);
    expect(refused.stdout + refused.stderr).toContain("endWhenRecovered: is for one machine");

    expect(run.code, run.stdout + run.stderr).toBe(0);
    const [, said = ""] =
      /all 2 storms have recovered, .* for 2 s: the run ends (\d+) s early/.exec(run.stdout) ?? [];
    const { storms, workers } = readSummary(run);
    expect(workers).toBeGreaterThan(1);
    expect(storms).toMatchObject([
      { verdict: "recovered", affected: DEVICES / 2, windowMs: 8000, plannedWindowMs: null },
      { verdict: "recovered", affected: DEVICES, plannedWindowMs: WINDOW_S * 1000 },
    ]);
    const windowMs = storms[1]?.windowMs ?? Number.NaN;
    expect(Math.round((WINDOW_S * 1000 - windowMs) / 1000)).toBe(Number(said));
    const lastReadyMs = storms[1]?.readyFromStormMs?.max ?? Number.NaN;
    expect(windowMs).toBeGreaterThanOrEqual(lastReadyMs + 2000);

    // The broker's own clock: the last came back before the settle time began, and all left within a second or two.
    const came = timesOf(broker, /New client connected from \S+ as device-/);
    const left = timesOf(broker, /Received DISCONNECT from device-/);
    expect(came).toHaveLength(DEVICES + DEVICES / 2 + DEVICES);
    expect(left).toHaveLength(DEVICES);
    expect(Math.max(...left) - Math.min(...left)).toBeLessThanOrEqual(2);
    expect(Math.min(...left) - Math.max(...came)).toBeGreaterThanOrEqual(1);
  });
});
