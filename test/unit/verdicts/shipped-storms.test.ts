/** Scenarios that users run, with their own storms and times, in virtual time; the real thing runs sooner (test/e2e/repeated-storms). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import { endSimulation, SimulatedRun } from "../../support/simulated-run.ts";

afterEach(endSimulation);

const SCENARIOS = join(import.meta.dirname, "../../../scenarios");
const DEVICES = 60;

/** As the file says, but for the size of the fleet. */
function shipped(name: string): SimulatedRun {
  const { config, scenarios } = parse(readFileSync(join(SCENARIOS, name), "utf8"));
  return new SimulatedRun({ devices: DEVICES, arrivalRate: 30, mqtt: config.engines.mqtt, scenarios }, {});
}

it("half-open.yml: half of the fleet goes silent, and its keepalive of 5 s finds out", async () => {
  const run = shipped("half-open.yml");
  const { storms, disconnects } = await run.end();
  expect(storms).toMatchObject([
    { cause: "silent", at: 8000, affected: 30, recovered: 30, verdict: "recovered" },
  ]);
  expect(disconnects).toMatchObject({ keepalive: 30 });
  // 5 s of keepalive without an answer at the least: times count from the silence, not from its discovery.
  expect(storms[0]?.readyMs.p50).toBeGreaterThan(5000);
  expect(run.broker.accepted).toHaveLength(DEVICES + 30);
});

it("flapping.yml: five storms from one line of the script, each over a quarter of the fleet", async () => {
  const run = shipped("flapping.yml");
  const { storms } = await run.end();
  expect(storms.map(({ index, affected, verdict }) => [index, affected, verdict])).toEqual(
    [1, 2, 3, 4, 5].map((index) => [index, 15, "recovered"]),
  );
  expect(storms.map(({ at }) => at - (storms[0]?.at ?? 0))).toEqual([0, 7000, 14_000, 21_000, 28_000]);
  expect(run.broker.accepted).toHaveLength(DEVICES + 5 * 15);
});
