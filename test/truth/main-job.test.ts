import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ArtilleryRun, type RunOptions, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { isAlive, labPids, readSummary, resultsDirectory } from "../support/summary.ts";

/** The scenario that users run, smaller: 200 devices, storms of 25 % and 100 %. */
const SMALL = JSON.stringify({
  config: {
    phases: [{ duration: 1, arrivalRate: 200 }],
    engines: {
      mqtt: {
        storms: [
          { at: "3s", fraction: 0.25, cause: "reset", window: "4s" },
          { at: "8s", fraction: 1, cause: "reset", window: "5s" },
        ],
      },
    },
  },
});

function run(options: RunOptions = {}): Promise<ArtilleryRun> {
  const args = ["--overrides", SMALL, ...(options.args ?? [])];
  return runArtillery("scenarios/mass-reconnect.yml", { ...options, args });
}

function expectRecovery(result: ArtilleryRun): void {
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const summary = readSummary(result);
  expect(summary.complete).toBe(true);
  expect(summary.fleet.devices).toBe(200);
  expect(summary.storms.map((storm) => [storm.affected, storm.recovered, storm.verdict])).toEqual([
    [50, 50, "recovered"],
    [200, 200, "recovered"],
  ]);
  // 200 first connects, 50 and 200 reconnects; nothing refused, so none tried twice.
  expect(summary.totals.connectAttempts).toBe(450);
  expect(summary.totals.connectsAccepted).toBe(450);
  expect(summary.totals.connectsRefused).toBe(0);
  expect(summary.totals.configRequests).toBe(450);
  expect(summary.totals.configResponses).toBe(450);
  expect(summary.latencyMs.connect.count).toBe(450);
  // Both storms in the rows of their instants: 3 s and 8 s after time zero.
  expect(dropsBetween(result, 3000, 3500)).toBe(50);
  expect(dropsBetween(result, 8000, 8500)).toBe(200);
  expect(dropsBetween(result, -1000, 60_000)).toBe(250);
  // base: 2s, full jitter: a device waits up to two seconds, so the slowest waits longer than half of one.
  expect(summary.storms[1]?.readyMs.max).toBeGreaterThan(500);
}

function dropsBetween(result: ArtilleryRun, fromMs: number, toMs: number): number {
  const [header, ...rows] = readFileSync(join(resultsDirectory(result), "timeline.csv"), "utf8")
    .trim()
    .split("\n");
  const column = header?.split(",").indexOf("drops") ?? -1;
  return rows
    .map((row) => row.split(","))
    .filter(([tMs]) => Number(tMs) >= fromMs && Number(tMs) < toMs)
    .reduce((sum, row) => sum + Number(row[column]), 0);
}

describe("the main job", () => {
  it("runs on the lab, recovers, and leaves its files and no process", async () => {
    const result = await run();
    expectRecovery(result);
    expect(result.stdout).toContain("RECOVERED");
    const files = readdirSync(resultsDirectory(result));
    expect(files).toEqual(expect.arrayContaining(["summary.json", "percentiles.csv", "timeline.csv"]));
    expect(files.filter((file) => /^worker-.+\.(hlog|timeline\.csv|json)$/.test(file))).toHaveLength(3);
    const pids = labPids(result);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
    for (const metric of [
      "mqtt.connect.attempts: .* 450",
      "mqtt.connect.accepted: .* 450",
      "mqtt.disconnects.reset: .* 250",
      "mqtt.disconnects.finished: .* 200",
      "mqtt.config.requests: .* 450",
      "mqtt.config.responses: .* 450",
      "mqtt.storm.1.ready_time:",
      "mqtt.storm.2.reconnect_time:",
      "mqtt.connect_time:",
      "mqtt.subscribe_time:",
      "mqtt.config_time:",
    ]) {
      expect(result.stdout.slice(result.stdout.indexOf("Summary report"))).toMatch(new RegExp(metric));
    }
  });

  it("drops the same share with three worker threads", async () => {
    const result = await run({ severalWorkers: true });
    expectRecovery(result);
    expect(readSummary(result).workers).toBe(3);
  });

  it.skipIf(!mosquittoAvailable())("starts no broker with -t, and runs on Mosquitto", async () => {
    const broker = await Mosquitto.start();
    try {
      const result = await run({ args: ["-t", broker.url] });
      expectRecovery(result);
      expect(result.stdout).not.toContain("Aedes");
      expect(labPids(result)).toHaveLength(1);
      expect(readSummary(result).target).toBe(broker.url);
    } finally {
      await broker.stop();
    }
  });
});
