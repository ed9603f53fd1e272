/** What the workers of a run share, seen from the broker's side: who is who, when it begins, and what is left behind. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable, Peer } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const script = (url: string, mqtt: object, phases: object[]) => ({
  config: {
    target: url,
    phases,
    engines: { mqtt: { reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" }, ...mqtt } },
    plugins: { "mqtt-results": { report: ["json", "console"] } },
  },
  scenarios: [{ name: "devices", engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
});

/** Payloads of retained messages below the control topic. */
async function retained(broker: Mosquitto): Promise<string[]> {
  const peer = await Peer.connect(broker.url, {});
  await peer.client.subscribeAsync("artillery-engine-mqtt/#", { qos: 1 });
  await pause(300);
  await peer.end();
  return peer.heard.map(({ payload }) => payload).filter((payload) => payload !== "");
}

describe.skipIf(!mosquittoAvailable())("on Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  it("the same devices are hit on one and on three workers, among which arrivals divide unevenly", async () => {
    const phases = [
      { duration: 1, arrivalCount: 5 },
      { duration: 1, arrivalRate: 20 },
    ];
    const hit: string[][] = [];
    for (const severalWorkers of [false, true]) {
      const before = broker.log().length;
      const storms = [{ at: "4s", fraction: 0.4, cause: "reset", window: "3s" }];
      const run = await runArtillery(script(broker.url, { storms, seed: 7 }, phases), { severalWorkers });
      expect(run.code, run.stdout + run.stderr).toBe(0);
      const summary = readSummary(run);
      expect(summary.workers).toBe(severalWorkers ? 3 : 1);
      expect(summary.storms[0]).toMatchObject({ fleet: 25, affected: 10, verdict: "recovered" });
      // The broker's own words: who connected, and who did so a second time.
      const log = broker.log().slice(before);
      const ids = [...log.matchAll(/New client connected from \S+ as (device-\d+)/g)].map(
        ([, id]) => id as string,
      );
      expect([...new Set(ids)].sort()).toEqual(
        Array.from({ length: 25 }, (_, i) => `device-${String(i).padStart(6, "0")}`),
      );
      hit.push(ids.filter((id, i) => ids.indexOf(id) !== i).sort());
    }
    expect(hit[0]).toHaveLength(10);
    expect(hit[1]).toEqual(hit[0]);
  });

  it("a run that is killed leaves nothing behind, and the same run id begins anew", async () => {
    const storms = [
      { at: "2s", fraction: 0.5, cause: "reset", window: "2s" },
      { at: "5s", fraction: 1, cause: "reset", window: "3s" },
    ];
    const once = (onOutput?: (text: string, child: { kill(signal: NodeJS.Signals): unknown }) => void) =>
      runArtillery(script(broker.url, { storms }, [{ duration: 1, arrivalRate: 30 }]), {
        env: { ARTILLERY_TEST_RUN_ID: "again" },
        ...(onOutput === undefined ? {} : { onOutput }),
      });
    for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
      const kept: Promise<string[]>[] = [];
      const run = await once((text, child) => {
        if (!text.includes("mqtt storm 1")) return;
        kept.push(retained(broker).finally(() => child.kill(signal)));
      });
      expect(run.code, run.stdout).not.toBe(0);
      expect((await kept[0])?.length, "while it runs").toBe(1);
      expect(await retained(broker), signal).toEqual([]);
    }
    const again = readSummary(await once());
    expect(again.storms).toMatchObject([
      { at: 2000, affected: 15, verdict: "recovered" },
      { at: 5000, affected: 30, verdict: "recovered" },
    ]);
  });

  it("two runs with the same device ids are told of each other, and their verdicts are worth nothing", async () => {
    const storms = [{ at: "6s", fraction: 1, cause: "reset", window: "4s" }];
    const run = (): Promise<ArtilleryRun> =>
      runArtillery(script(broker.url, { storms, protocolVersion: 5 }, [{ duration: 1, arrivalRate: 40 }]));
    const runs = await Promise.all([run(), run()]);
    const summaries = runs.map(readSummary);
    for (const [i, { storms: judged, warnings, disconnects, exit }] of summaries.entries()) {
      const other = summaries[1 - i]?.testRunId;
      expect(runs[i]?.stdout).toContain(
        `WARNING: run ${other} has devices with the same client ids at this broker`,
      );
      expect(judged[0]).toMatchObject({ verdict: null, verdictAbsence: "disturbed" });
      // Mosquitto 2.0.11 closes the connection without a reason.
      expect(disconnects["closed"]).toBeGreaterThan(0);
      expect(warnings.join("\n")).toContain(`run ${other} had devices with the same client ids`);
      expect(exit.code).toBe(5);
    }
  });
});
