import { describe, expect, it } from "vitest";
import { prepareForecast } from "../../../engine/src/forecast/index.ts";
import { memoryProblem, predictMemory } from "../../../engine/src/forecast/memory.ts";
import { forecastOf, onlyWorker, type SmallForecast, scriptOf } from "../../support/forecast.ts";

function refusal(small: SmallForecast): string {
  try {
    prepareForecast(scriptOf(small), small);
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
}

const FLOW = [{ connect: {} }, { stayOnline: {} }];

describe("what no model can know is refused by its path", () => {
  it.each<[string, SmallForecast, string]>([
    ["a function", { scenario: { flow: [{ function: "token" }, ...FLOW] } }, "scenarios[0].flow[0].function"],
    [
      "credentials",
      { scenario: { flow: [{ connect: { beforeConnect: "token" } }, { stayOnline: {} }] } },
      "scenarios[0].flow[0].connect.beforeConnect",
    ],
    ["functions around", { scenario: { beforeScenario: "token" } }, "scenarios[0].beforeScenario"],
    [
      "a command",
      {
        mqtt: { allowExec: true, storms: [{ at: "4s", cause: "exec", command: ["restart"], window: "20s" }] },
      },
      "config.engines.mqtt.storms (storm 1).cause",
    ],
    ["a back end of others", { mqtt: { configService: "external" } }, "scenarios[0].onConnect[0].request"],
    [
      "a server of others",
      { scenario: { onConnect: [{ http: { get: "https://example.com/{{ deviceId }}" } }] } },
      "scenarios[0].onConnect[0].http.get",
    ],
    [
      "what devices do on messages",
      { scenario: { onMessage: [{ topic: "cmd", do: [{ think: 1 }] }] } },
      "scenarios[0].onMessage[0]",
    ],
    [
      "a message that is waited for",
      { scenario: { onConnect: [{ waitForMessage: { topic: "cmd" } }] } },
      "scenarios[0].onConnect[0].waitForMessage",
    ],
    [
      "a capture that is more than a place",
      {
        scenario: {
          onConnect: [
            {
              request: {
                topic: "config/a/get",
                responseTopic: "config/a",
                capture: { regexp: "x", as: "y" },
              },
            },
          ],
        },
      },
      "scenarios[0].onConnect[0].request.capture",
    ],
    [
      "a function of a plugin's",
      {
        config: { plugins: { "fake-data": {} } },
        scenario: { flow: [{ connect: { username: "{{ $internetEmail() }}" } }, { stayOnline: {} }] },
      },
      "scenarios[0].flow[0].connect.username",
    ],
  ])("%s", (_what, small, path) => {
    const script = { ...small, scenario: small.scenario ?? {} };
    // Artillery has loaded the processor before an engine sees the script; a script that is only looked at has its path.
    const withProcessor = scriptOf(script);
    withProcessor.config.processor = "processor.mjs";
    expect(() => prepareForecast(withProcessor, {})).toThrow(`${path}: `);
  });

  it("a bad value of the model is named like any other", () => {
    expect(refusal({ mqtt: { forecast: { broker: { conects: 5 } } } })).toContain(
      "config.engines.mqtt.forecast.broker.conects: 5 is not allowed; allowed: one of the keys connects",
    );
    expect(refusal({ mqtt: { forecast: { broker: { connects: 0 } } } })).toContain(
      "config.engines.mqtt.forecast.broker.connects: 0 is not allowed; allowed: a number per second, above 0",
    );
  });

  it("a function whose duration is given is not called, and takes that long", async () => {
    const script: SmallForecast = {
      devices: 1,
      mqtt: { forecast: { functions: { token: "3s" } }, storms: [{ at: "9s", fraction: 1, window: "20s" }] },
      scenario: { flow: [{ function: "token" }, ...FLOW] },
      phases: [{ duration: "1s", arrivalCount: 1 }],
    };
    const { assumptions } = prepareForecast(
      { ...scriptOf(script), config: { ...scriptOf(script).config, processor: "p.mjs" } },
      {},
    );
    expect(assumptions).toContainEqual({
      name: "function token",
      value: "is not called, and takes 3000 ms",
      source: "script",
    });
  });

  it.each([
    [2000, 179],
    [20_000, 313],
    [50_000, 434],
    [100_000, 610],
    [200_000, 826],
    [1_000_000, 2034],
  ])("%s devices took %s MB at most, and no less is predicted, nor much more", (devices, measuredMb) => {
    const predictedMb = predictMemory(devices, false) / 1024 ** 2;
    expect(predictedMb).toBeGreaterThanOrEqual(measuredMb);
    expect(predictedMb).toBeLessThan(measuredMb * 1.4);
  });

  it.each([
    [50_000, 457],
    [200_000, 1058],
  ])("%s devices that hear one another took %s MB, and no less is predicted", (devices, measuredMb) => {
    expect(predictMemory(devices, true) / 1024 ** 2).toBeGreaterThanOrEqual(measuredMb);
    expect(predictMemory(devices, true) / 1024 ** 2).toBeLessThan(measuredMb * 1.4);
  });

  it("more devices than fit are refused before anything happens", () => {
    const available = { bytes: predictMemory(1000, false), isHeapLimit: true };
    expect(memoryProblem(1000, false, available)).toBeNull();
    expect(memoryProblem(10_000_000, false, available)).toMatch(
      /^10000000 devices would take about \d+\.\d GB of memory, and there are 0\.2 GB; give Node more: NODE_OPTIONS=--max-old-space-size=\d+$/,
    );
  });
});

describe("what is asked beside the script", () => {
  it("changes the size of the fleet, the share of a storm and the seed", async () => {
    const fleet = await forecastOf({
      devices: 80,
      fraction: 0.25,
      mqtt: { configService: { capacity: 500 } },
    });
    expect(fleet.arrived).toBe(80);
    expect(onlyWorker(fleet).run.storms.report()[0]?.cohorts["asks"]).toMatchObject({
      affected: 20,
      recovered: 20,
    });
  });

  it("stands among the assumptions", () => {
    const { assumptions } = prepareForecast(scriptOf(), { devices: 80, fraction: 0.25, seed: 9 });
    expect(assumptions.filter(({ source }) => source === "option").map(({ name }) => name)).toEqual([
      "devices",
      "fraction",
      "seed",
    ]);
  });
});
