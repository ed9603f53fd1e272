import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import type { Calibration } from "../../../engine/src/contract.ts";
import { forecast } from "../../../engine/src/forecast/index.ts";
import { modelOf } from "../../../engine/src/forecast/model.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { mergeDirectories } from "../../../results/src/directory/judged-runs.ts";
import { calibrationOf } from "../../../results/src/judge/calibration.ts";

const CALIBRATE = readFileSync("scenarios/calibrate.yml", "utf8");
const MASS_RECONNECT = readFileSync("scenarios/mass-reconnect.yml", "utf8");

/** A target that is known, unlike the defaults in every value. */
const TRUTH = {
  network: { latency: "5ms" },
  broker: { connects: 1500, subscribes: 6000, messages: 4000, latency: "3ms", accepts: "all" },
};

type Scenario = "whole devices" | "connects alone" | "many subscribes";

/** Runs calibrate.yml in virtual time against a target that is known, and reads that run as any other. */
async function calibrated(scenario: Scenario, truth: object, capacity: number): Promise<Calibration> {
  const script = parse(CALIBRATE) as ArtilleryScript & {
    scenarios: { name: string; weight: number }[];
    config: { engines: { mqtt: Record<string, unknown> } };
  };
  for (const one of script.scenarios) one.weight = one.name === scenario ? 1 : 0;
  const { mqtt } = script.config.engines;
  mqtt["forecast"] = truth;
  mqtt["configService"] = { capacity, queueLimit: 10_000 };
  const directory = mkdtempSync(join(tmpdir(), "calibration-"));
  try {
    await forecast(script, { directory, testRunId: scenario });
    const { run, summary } = mergeDirectories([directory], {});
    return calibrationOf(run, summary);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function modelWith(calibrations: readonly Calibration[]): ReturnType<typeof modelOf> {
  const { plan } = validate(parse(MASS_RECONNECT) as ArtilleryScript);
  if (plan === null) throw new Error("mass-reconnect.yml is no good");
  return modelOf(plan, calibrations);
}

function expectNear(found: number | undefined, truth: number): void {
  expect(found).toBeGreaterThan(truth * 0.9);
  expect(found).toBeLessThan(truth * 1.1);
}

describe("a target that is known, found again by calibrate.yml", () => {
  it("has its latencies, connects, subscribes and messages within 10 % by three runs", async () => {
    const { model, assumptions } = modelWith([
      await calibrated("whole devices", TRUTH, 5000),
      await calibrated("connects alone", TRUTH, 5000),
      await calibrated("many subscribes", TRUTH, 5000),
    ]);
    expectNear(model.latencyMs, 5);
    expectNear(model.broker.latencyMs, 3);
    expectNear(model.broker.connects, 1500);
    expectNear(model.broker.subscribes, 6000);
    expectNear(model.broker.messages, 4000);
    expect(assumptions).toContainEqual({
      name: "broker: messages",
      value: `${Math.round(model.broker.messages)} per s`,
      source: "calibration",
      run: "whole devices",
    });
    // The broker's knee is not the back end's.
    expect(assumptions.map(({ value }) => value).join("\n")).toMatch(
      /at least \d+ answers per s: beyond that the broker did not serve its devices in time either/,
    );
  });

  it("has its broker's whole devices per second by one run, whatever each piece of work costs", async () => {
    const { model } = modelWith([await calibrated("whole devices", TRUTH, 5000)]);
    const { connects, subscribes, messages } = model.broker;
    expectNear(1000 / (1000 / connects + 2000 / subscribes + 2000 / messages), 667);
    // The ratios are those of what is believed of the lab's broker.
    expect(subscribes / connects).toBeCloseTo(2, 5);
  });

  it.each([40, 180, 420])("has its back end's %i answers per second", async (capacity) => {
    const calibration = await calibrated("whole devices", {}, capacity);
    expect(calibration.answers?.isKnee).toBe(true);
    expectNear(calibration.answers?.perS, capacity);
    expectNear(modelWith([calibration]).model.services[0]?.capacity, capacity);
  });

  it("says what was not reached, and leaves what was believed where that is more", async () => {
    const fast = { broker: { connects: 50_000, subscribes: 200_000, messages: 200_000 } };
    const { model, assumptions } = modelWith([await calibrated("connects alone", fast, 5000)]);
    expect(model.broker.connects).toBe(5000);
    expect(assumptions).toContainEqual(
      expect.objectContaining({ name: "broker: connects", value: "5000 per s", source: "default" }),
    );
    expect(assumptions.find(({ name }) => name === "calibration: broker")?.value).toMatch(
      /^at least \d+ devices per s: no knee up to there; by \d+ s of load/,
    );
  });
});

describe("what was served without a knee", () => {
  it("raises what was believed where it is more", () => {
    const perDevice = { connects: 1, tlsFull: 0, tlsResumed: 0, subscribes: 0, messages: 0 };
    const rate = {
      perS: 8000,
      isKnee: false,
      lowPerS: 8000,
      highPerS: 8000,
      seconds: 50,
      idleMs: 1,
      loadedMs: 2,
      doubt: "",
    };
    const { model } = modelWith([
      { run: "r", tcpMs: null, connackMs: null, broker: { ...rate, perDevice }, answers: rate },
    ]);
    expect(model.broker.connects).toBeCloseTo(8000, 6);
    expect(model.broker.subscribes).toBe(10_000);
    expect(model.services[0]?.capacity).toBe(8000);
  });
});
