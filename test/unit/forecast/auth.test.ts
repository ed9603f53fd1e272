import { describe, expect, it } from "vitest";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import type { Recorder } from "../../../engine/src/capture/recorder.ts";
import { histogramTag, stormMetricName } from "../../../engine/src/contract.ts";
import { artillerySteps } from "../../../engine/src/forecast/artillery-steps.ts";
import { prepareForecast } from "../../../engine/src/forecast/index.ts";
import { VirtualFleet } from "../../../engine/src/forecast/virtual-fleet.ts";
import { onlyWorker, type SmallForecast, scriptOf } from "../../support/forecast.ts";

const AUTH = { capacity: 100, queueLimit: 1000 };
/** The lab of a script whose config service is no limit. */
const WIDE = { configService: { capacity: 100_000 } };

const READY = histogramTag(stormMetricName(1, "ready_time"), "asks");
const ASKING = { flow: [{ connect: { beforeConnect: "login" } }, { stayOnline: {} }] };

/** A script whose functions are the processor's. */
function withProcessor(small: SmallForecast): ArtilleryScript {
  const script = scriptOf(small);
  script.config.processor = "./processor.js";
  return script;
}

async function run(small: SmallForecast): Promise<Recorder> {
  const prepared = prepareForecast(withProcessor(small), small);
  const fleet = new VirtualFleet({
    ...prepared,
    helpers: await artillerySteps(prepared.plan),
    log: () => {},
  });
  while (fleet.advance(10_000));
  fleet.stop();
  return onlyWorker(fleet).recorder;
}

describe("an auth back end in a forecast", () => {
  it("is asked for every CONNECT, and the fleet is back no sooner than it answers", async () => {
    const free = await run({ mqtt: WIDE });
    const slow = await run({ mqtt: WIDE, lab: { auth: { capacity: 60, queueLimit: 1000 } } });
    for (const { counters } of [free.counters(0), slow.counters(0)])
      expect(counters.connectsAccepted).toBe(200);
    // 100 devices are cut. The first attempts come within 1 s: without the auth service all are back soon after, with it after
    // 100 / 60 s at best.
    expect(free.histograms.valueAtRankMs([READY], 100)).toBeLessThan(1100);
    expect(slow.histograms.valueAtRankMs([READY], 100)).toBeGreaterThan(1600);
    expect(slow.histograms.valueAtRankMs([READY], 100)).toBeLessThan(2800);
  });

  it("refuses as unavailable what finds its queue full, as the lab's does", async () => {
    const recorder = await run({ mqtt: WIDE, lab: { auth: { capacity: 60, queueLimit: 5 } } });
    expect(recorder.counters(0).refused["connack.server_unavailable"]).toBeGreaterThan(0);
  });

  it("is the time of a script's function that asks it", async () => {
    const mqtt = { ...WIDE, forecast: { functions: { login: "auth" } } };
    const { counters } = (await run({ mqtt, scenario: ASKING, lab: { auth: AUTH } })).counters(0);
    expect(counters.authRequests).toBeGreaterThanOrEqual(200);
    expect(counters.authRequests).toBe(counters.connectAttempts);
    expect(counters.authResponses).toBe(counters.authRequests);
  });

  it("has to be somewhere where a function asks it", () => {
    const script = withProcessor({ mqtt: { forecast: { functions: { login: "auth" } } }, scenario: ASKING });
    expect(() => prepareForecast(script, {})).toThrow(
      /functions\.login: "auth" is not allowed.*lab: \{ auth \}/s,
    );
  });

  it("stands among the assumptions", () => {
    const { assumptions } = prepareForecast(scriptOf({ lab: { auth: { ...AUTH, latency: "20ms" } } }), {});
    expect(assumptions).toContainEqual({
      name: "auth service: capacity",
      value: "100 answers per s",
      source: "lab",
    });
    expect(assumptions).toContainEqual({
      name: "auth service: latency when idle",
      value: "20 ms",
      source: "lab",
    });
  });
});
