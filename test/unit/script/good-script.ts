import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import type { Problem } from "../../../engine/src/script/problem.ts";
import { validate } from "../../../engine/src/script/validate.ts";

interface Parts {
  /** `config.engines.mqtt`. */
  mqtt?: unknown;
  /** More keys of `config`. */
  config?: Record<string, unknown>;
  /** More keys of the only scenario. */
  scenario?: Record<string, unknown>;
  scenarios?: unknown;
  before?: unknown;
  after?: unknown;
}

const STORM = { at: "20s", fraction: 0.25, cause: "reset", window: "20s" };

/** The script of design.md with parts of it replaced. */
export function scriptWith({
  mqtt,
  config,
  scenario,
  scenarios,
  before,
  after,
}: Parts = {}): ArtilleryScript {
  return {
    config: {
      target: "mqtt://broker:1883",
      phases: [{ duration: "10s", arrivalRate: 200 }],
      engines: { mqtt: mqtt ?? { storms: [STORM] } },
      ...config,
    },
    scenarios: scenarios ?? [
      {
        name: "devices",
        engine: "mqtt",
        onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}" } }],
        flow: [{ connect: {} }, { stayOnline: {} }],
        ...scenario,
      },
    ],
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Settings of the engine beside one storm, so that `stayOnline` ends. */
export function withStorm(settings: Record<string, unknown>): { mqtt: unknown } {
  return { mqtt: { storms: [STORM], ...settings } };
}

export function problemsOf(parts: Parts): Problem[] {
  return validate(scriptWith(parts)).problems ?? [];
}
