/** Several processes with one shared folder against Mosquitto: one fleet, the same as one process with as many devices. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readSummary as readSummaryFile } from "../../results/src/directory/summary-file.ts";
import { buildSummary } from "../../results/src/judge/summary.ts";
import { mergeRun } from "../../results/src/run/merge.ts";
import { readRun } from "../../results/src/run/run-files.ts";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";

const CONTAINERS = 3;
const DEVICES_EACH = 50;
const SHARE = 0.3;

const script = (target: string, arrivalCount: number, output = "results"): object => ({
  config: {
    target,
    phases: [{ duration: 2, arrivalCount }],
    engines: {
      mqtt: {
        seed: 42,
        reconnect: { policy: "full-jitter", base: "200ms", cap: "1s" },
        timeZero: { from: "ready" },
        storms: [{ at: "1s", fraction: SHARE, cause: "reset", window: "5s" }],
      },
    },
    plugins: { "mqtt-results": { output } },
  },
  scenarios: [{ engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
});

/** Devices that came a second time, by the broker's log. */
function cameBack(broker: Mosquitto): string[] {
  const connects = broker.log().matchAll(/New client connected from \S+ as (device-\d+) /g);
  const counts = new Map<string, number>();
  for (const [, id = ""] of connects) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].flatMap(([id, count]) => (count > 1 ? [id] : [])).sort();
}

async function withBroker(run: (broker: Mosquitto) => Promise<ArtilleryRun[]>) {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.stop());
  const runs = await run(broker);
  for (const { code, stdout, stderr } of runs) expect(code, stdout + stderr).toBe(0);
  return { runs, affected: cameBack(broker) };
}

/** @param output a folder that all of them share for their results too; below the working directory of each without it */
const together = (testRunId: string, output?: string) =>
  withBroker((broker) => {
    const meeting = mkdtempSync(join(tmpdir(), "meeting-"));
    return Promise.all(
      Array.from({ length: CONTAINERS }, (_, index) =>
        runArtillery(script(broker.url, DEVICES_EACH, output), {
          env: {
            ARTILLERY_TEST_RUN_ID: testRunId,
            MQTT_FLEET_INDEX: String(index),
            MQTT_FLEET_CONTAINERS: String(CONTAINERS),
            MQTT_FLEET_RENDEZVOUS: meeting,
          },
        }),
      ),
    );
  });

describe.skipIf(!mosquittoAvailable())("three processes that share a folder", () => {
  it("are one fleet: one time zero, the exact share, the same devices as one process", async () => {
    const shared = mkdtempSync(join(tmpdir(), "results-"));
    const [first, second, alone] = await Promise.all([
      together("many-1"),
      together("many-2", shared),
      withBroker(async (broker) => [
        await runArtillery(script(broker.url, CONTAINERS * DEVICES_EACH), {
          env: { ARTILLERY_TEST_RUN_ID: "one" },
        }),
      ]),
    ]);
    expect(alone.affected).toHaveLength(CONTAINERS * DEVICES_EACH * SHARE);
    expect(first.affected).toEqual(alone.affected);
    expect(second.affected).toEqual(alone.affected);
    const files = readRun(first.runs.map(({ runDirectory }) => join(runDirectory, "results", "many-1")));
    const { records } = files;
    expect(new Set(records.map(({ timeZeroMs }) => timeZeroMs)).size).toBe(1);
    expect(records.map(({ container }) => container?.ordinal).sort()).toEqual(
      expect.arrayContaining([0, 1, 2]),
    );
    const summary = buildSummary(mergeRun(files), { target: 0.99, problems: files.problems });
    expect(summary.storms).toMatchObject([
      { fleet: CONTAINERS * DEVICES_EACH, affected: CONTAINERS * DEVICES_EACH * SHARE, verdict: "recovered" },
    ]);

    // Where they share the folder of the results too, the last to end judges all of them.
    expect(readSummaryFile(join(shared, "many-2"))).toMatchObject({
      complete: true,
      fleet: { devices: CONTAINERS * DEVICES_EACH },
      storms: [{ affected: CONTAINERS * DEVICES_EACH * SHARE, verdict: "recovered" }],
    });
    expect(readdirSync(join(shared, "many-2")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const said = second.runs.map(({ stdout }) => stdout);
    expect(said.join("")).toContain("storm 1 on 3 containers:");
    expect(said.join("")).not.toContain("was killed");
  });
});

it("a container without a run id, or with an index beyond the fleet, is told so", async () => {
  const run = await runArtillery(script("mqtt://127.0.0.1:9", 1), {
    env: { ARTILLERY_TEST_RUN_ID: "", MQTT_FLEET_CONTAINERS: "3", MQTT_FLEET_INDEX: "3" },
  });
  expect(run.code).not.toBe(0);
  const said = run.stdout + run.stderr;
  expect(said).toContain("2 problems in the environment; nothing was connected.");
  expect(said).toContain('MQTT_FLEET_INDEX: "3" is not allowed; allowed: a whole number from 0 to 2');
  expect(said).toContain("ARTILLERY_TEST_RUN_ID: is missing; allowed: the same text in all containers");
});
