import type { ArtilleryScript } from "../../engine/src/artillery.ts";
import { artillerySteps } from "../../engine/src/forecast/artillery-steps.ts";
import { type ForecastOptions, prepareForecast } from "../../engine/src/forecast/index.ts";
import { VirtualFleet, type VirtualWorker } from "../../engine/src/forecast/virtual-fleet.ts";

/** What a forecast of a test says otherwise than the smallest fleet that asks for its configuration. */
export interface SmallForecast extends ForecastOptions {
  mqtt?: Record<string, unknown>;
  scenario?: Record<string, unknown>;
  /** Scenarios beside the one that asks. */
  others?: Record<string, unknown>[];
  phases?: unknown;
  lab?: Record<string, unknown>;
  /** More keys of `config`. */
  config?: Record<string, unknown>;
}

/** A script of the shape of scenarios/mass-reconnect.yml. */
export function scriptOf({
  mqtt,
  scenario,
  others = [],
  phases,
  lab,
  config,
}: SmallForecast = {}): ArtilleryScript {
  return {
    config: {
      // The embedded broker speaks 3.1.1 alone.
      target: mqtt?.["protocolVersion"] === 5 ? "mqtt://broker:1883" : "lab",
      phases: phases ?? [{ duration: "2s", arrivalRate: 50 }],
      engines: {
        mqtt: {
          reconnect: { policy: "full-jitter", base: "1s", cap: "10s" },
          storms: [{ at: "4s", fraction: 1, cause: "reset", window: "20s" }],
          configService: { capacity: 50 },
          seed: 7,
          ...mqtt,
        },
      },
      ...config,
    },
    before: { engine: "mqtt", flow: [{ lab: lab ?? {} }] },
    scenarios: [
      {
        name: "asks",
        engine: "mqtt",
        onConnect: [
          {
            request: {
              topic: "config/{{ deviceId }}/get/{{ requestId }}",
              responseTopic: "config/{{ deviceId }}/{{ requestId }}",
              timeout: "2s",
              capture: { json: "$.topics", as: "topics" },
            },
          },
          { subscribe: { topics: "{{ topics }}", qos: 1 } },
        ],
        flow: [{ connect: {} }, { stayOnline: {} }],
        ...scenario,
      },
      ...others,
    ],
  };
}

/** The one worker of a forecast that was not asked for more. */
export function onlyWorker({ workers: [only, ...others] }: VirtualFleet): VirtualWorker {
  if (only === undefined || others.length > 0) throw new Error("there is not one worker");
  return only;
}

/** Runs it to its end, without files. */
export function forecastOf(small: SmallForecast = {}): Promise<VirtualFleet> {
  return forecastOfScript(scriptOf(small), small);
}

export async function forecastOfScript(
  script: ArtilleryScript,
  options: ForecastOptions = {},
): Promise<VirtualFleet> {
  const prepared = prepareForecast(script, options);
  const helpers = await artillerySteps(prepared.plan);
  const fleet = new VirtualFleet({ ...prepared, helpers, log: () => {} });
  while (fleet.advance(10_000));
  fleet.stop();
  return fleet;
}
