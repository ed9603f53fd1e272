/** The scenarios of silent and of repeated storms at small size, and brokers that are restarted one after the other. */
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

describe("scenarios at small size, and sooner", () => {
  const smaller = (mqtt: object): string[] => [
    "--overrides",
    JSON.stringify({ config: { phases: [{ duration: 1, arrivalRate: 60 }], engines: { mqtt } } }),
  ];

  it("half-open.yml: half of the fleet goes silent, and its keepalive finds out", async () => {
    const sooner = { keepalive: "2s", storms: [{ at: "2s", fraction: 0.5, cause: "silent", window: "9s" }] };
    const run = await runArtillery("scenarios/half-open.yml", { args: smaller(sooner) });
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const [storm] = readSummary(run).storms;
    expect(storm).toMatchObject({ cause: "silent", affected: 30, recovered: 30, verdict: "recovered" });
    // 2 s of keepalive without an answer at the least: times count from the silence, not from its discovery.
    expect(storm?.readyMs.p50).toBeGreaterThan(2000);
  }, 90_000);

  it("flapping.yml: five storms from one line of the script, each over a quarter of the fleet", async () => {
    const sooner = {
      reconnect: { base: "500ms", cap: "2s" },
      storms: [{ at: "2s", fraction: 0.25, window: "2500ms", repeat: { times: 5, every: "3s" } }],
    };
    const run = await runArtillery("scenarios/flapping.yml", { args: smaller(sooner) });
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { storms } = readSummary(run);
    expect(storms.map(({ index, affected, verdict }) => [index, affected, verdict])).toEqual(
      [1, 2, 3, 4, 5].map((index) => [index, 15, "recovered"]),
    );
    expect(storms.map(({ at }) => at - (storms[0]?.at ?? 0))).toEqual([0, 3000, 6000, 9000, 12_000]);
  }, 90_000);
});

describe("http-config.yml at small size", () => {
  it("every device fetches its configuration by HTTP, again after the storm", async () => {
    const overrides = JSON.stringify({
      config: {
        phases: [{ duration: 1, arrivalRate: 60 }],
        engines: {
          mqtt: {
            reconnect: { base: "1s" },
            storms: [{ at: "2s", fraction: 1, cause: "reset", window: "4s" }],
          },
        },
      },
    });
    const run = await runArtillery("scenarios/http-config.yml", { args: ["--overrides", overrides] });
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { storms, totals } = readSummary(run);
    expect(storms).toMatchObject([{ affected: 60, recovered: 60, verdict: "recovered" }]);
    expect(totals).toMatchObject({ configRequests: 120, configResponses: 120, subscribes: 120 });
  }, 90_000);
});

describe.skipIf(!mosquittoAvailable())("broker-restart.yml at small size", () => {
  it("opens when a real broker is killed, and the fleet comes back to the next one", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const overrides = JSON.stringify({
      config: {
        phases: [{ duration: 1, arrivalRate: 60 }],
        engines: {
          mqtt: {
            reconnect: { base: "500ms", cap: "2s" },
            storms: [{ at: "3s", cause: "external", fraction: 0.5, waitFor: "30s", window: "6s" }],
          },
        },
      },
    });
    let restarted: Promise<void> | null = null;
    const run = await runArtillery("scenarios/broker-restart.yml", {
      args: ["-t", broker.url, "--overrides", overrides],
      onOutput: (text) => {
        if (text.includes("watching")) restarted ??= broker.kill().then(() => broker.run());
      },
    });
    await restarted;
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(readSummary(run).storms).toMatchObject([
      { cause: "external", affected: 60, recovered: 60, verdict: "recovered" },
    ]);
  }, 90_000);
});

describe.skipIf(!mosquittoAvailable())("a rolling restart of two brokers", () => {
  it("is watched as one storm after the other, each over the devices of one broker", async () => {
    const brokers = [await Mosquitto.start(), await Mosquitto.start()] as const;
    const [first, second] = brokers;
    try {
      const watched = { cause: "external", fraction: 0.3, waitFor: "6s", window: "5s" };
      const script = {
        config: {
          target: first.url,
          phases: [{ duration: 1, arrivalRate: 60 }],
          engines: {
            mqtt: {
              timeZero: "local",
              targets: [
                { name: "a", url: first.url },
                { name: "b", url: second.url },
              ],
              // Each stays with its broker until that is back.
              failover: { policy: "next", after: 1000 },
              reconnect: { policy: "full-jitter", base: "500ms", cap: "1s" },
              storms: [
                { at: "2s", ...watched },
                { at: "13s", ...watched },
              ],
            },
          },
          plugins: { "mqtt-results": {} },
        },
        scenarios: [{ name: "devices", engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
      };
      const running = runArtillery(script, {
        onOutput: (text) => {
          if (!started && text.includes("Phase")) {
            started = true;
            void restartBoth();
          }
        },
      });
      let started = false;
      const restartBoth = async (): Promise<void> => {
        for (const [broker, waitMs] of [
          [first, 4000],
          [second, 10_500],
        ] as const) {
          await pause(waitMs);
          await broker.kill();
          await pause(500);
          await broker.run();
        }
      };
      const run = await running;
      expect(run.code, run.stdout + run.stderr).toBe(0);
      const { storms, fleet, regions } = readSummary(run);
      expect(
        storms.map(({ verdict }) => verdict),
        run.stdout,
      ).toEqual(["recovered", "recovered"]);
      // No device was hit twice, and none was left out.
      expect(storms.reduce((sum, { affected }) => sum + affected, 0)).toBe(fleet.devices);
      expect(storms.map(({ affected }) => affected)).toEqual([
        regions["a"]?.homeDevices,
        regions["b"]?.homeDevices,
      ]);
    } finally {
      await Promise.all(brokers.map((broker) => broker.stop()));
    }
  }, 90_000);
});
