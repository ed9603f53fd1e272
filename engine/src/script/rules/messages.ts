import { type Problem, renderPath } from "../problem.ts";
import type { ReadScenario } from "../read.ts";
import type { ParsedStep } from "../steps/step.ts";
import { MQTT5_SUBSCRIBE_KEYS } from "../steps/subscribe.ts";
import type { Rule } from "./rule.ts";

/** What of publications and subscriptions only MQTT 5 can carry. */
export const messageRule: Rule = ({ settings, scenarios }) =>
  settings.known.protocolVersion === 4 ? scenarios.flatMap(problemsIn) : [];

function problemsIn({ onConnect, flow, onMessage, telemetry }: ReadScenario): Problem[] {
  const steps = [...onConnect, ...flow, ...onMessage.flatMap((reaction) => reaction.steps)];
  return [
    ...telemetry.flatMap(({ path, spec }) => unknownTo4(path, "properties", spec.properties)),
    ...steps.flatMap(problemsOfStep),
  ];
}

function problemsOfStep({ path, spec, children }: ParsedStep): Problem[] {
  const { publish, subscribe } = spec as {
    publish?: { properties?: unknown };
    subscribe?: Record<string, unknown>;
  };
  return [
    ...unknownTo4([...path, "publish"], "properties", publish?.properties),
    ...MQTT5_SUBSCRIBE_KEYS.flatMap((key) => unknownTo4([...path, "subscribe"], key, subscribe?.[key])),
    ...children.flat().flatMap(problemsOfStep),
  ];
}

function unknownTo4(path: readonly PropertyKey[], key: string, value: unknown): Problem[] {
  if (value === undefined) return [];
  const allowed = `nothing: MQTT 3.1.1 has no ${key}`;
  return [{ path: renderPath([...path, key]), value, allowed, hint: "use protocolVersion: 5" }];
}
