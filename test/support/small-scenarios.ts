/** Scenarios that are shipped, small enough for a test; run on a broker and forecast. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../engine/src/artillery.ts";

/** rebirth.yml with 100 devices, a tenth of them hosts, that come back within half a second, and say no more than they must. */
export function smallPlant(): ArtilleryScript {
  const script = parse(readFileSync("scenarios/rebirth.yml", "utf8")) as PlantScript;
  script.config.phases = [{ duration: 2, arrivalRate: 50 }];
  const [storm] = script.config.engines.mqtt.storms;
  Object.assign(script.config.engines.mqtt, { reconnect: { policy: "uniform", window: "500ms" } });
  Object.assign(storm, { at: "4s", window: "5s" });
  Object.assign(script.scenarios[0], { weight: 9, telemetry: null });
  return script;
}

interface PlantScript extends ArtilleryScript {
  config: { phases: object[]; engines: { mqtt: { storms: [object] } } };
  scenarios: [object, object];
}

/** How often each sensor of `smallFlood` publishes. */
export const SPOKEN = 50;

/** queue-flood.yml with 40 devices, a quarter of them consoles, that speak five times a second and come back after 2 s. */
export function smallFlood(): ArtilleryScript {
  const script = parse(readFileSync("scenarios/queue-flood.yml", "utf8")) as FloodScript;
  script.config.phases = [{ duration: 1, arrivalCount: 40 }];
  Object.assign(script.config.engines.mqtt, {
    reconnect: { policy: "fixed", base: "2s" },
    storms: [{ at: "4s", fraction: 0.5, cause: "reset", window: "8s" }],
  });
  const [sensor, console] = script.scenarios;
  sensor.weight = 3;
  // The first second is everybody's to arrive and to subscribe: who subscribes later has not missed what was said before.
  sensor.flow[1].loop[1] = { think: "200ms" };
  // They speak on well after the consoles are back: what was dropped is seen by what comes after it.
  sensor.flow[1].count = SPOKEN;
  console.flow[1] = { stayOnline: { for: "15s" } };
  return script;
}

interface FloodScript extends ArtilleryScript {
  config: { phases: object[]; engines: { mqtt: object } };
  scenarios: [{ weight: number; flow: [object, { loop: object[]; count: number }] }, { flow: object[] }];
}
