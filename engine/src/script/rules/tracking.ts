import { isMarkable, MARK_KEY } from "../../device/messages/mark.ts";
import { isWrittenAsBytes } from "../payload.ts";
import { type Problem, renderPath } from "../problem.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import type { ParsedStep } from "../steps/step.ts";
import { clientOf } from "./clients.ts";
import type { Rule } from "./rule.ts";

/** Publications that are tracked carry a mark: there must be room for it. */
export const trackingRule: Rule = ({ settings, scenarios }) => {
  const { messages } = settings.known;
  const speaks4 = scenarios.some((scenario) => clientOf(scenario, settings.known).protocolVersion === 4);
  if (messages?.track === "userProperties" && speaks4) {
    return [
      {
        path: renderPath([...ENGINE_PATH, "messages", "track"]),
        value: "userProperties",
        allowed: "payload with MQTT 3.1.1, which has no user properties",
        hint: "use protocolVersion: 5",
      },
    ];
  }
  if (messages?.track !== "payload") return [];
  return scenarios.flatMap(({ onConnect, flow, onMessage, telemetry }) => [
    ...telemetry.flatMap(({ path, spec }) => unmarkablePayload([...path, "payload"], spec.payload)),
    ...[...onConnect, ...flow, ...onMessage.flatMap(({ steps }) => steps)].flatMap(unmarkable),
  ]);
};

/** What a template will give is not known here: a device that finds it to be no object fails that step. */
function unmarkable(step: ParsedStep): Problem[] {
  const own = (step.spec as { publish?: { payload: unknown } }).publish;
  const inner = step.children.flat().flatMap(unmarkable);
  if (own === undefined) return inner;
  return [...unmarkablePayload([...step.path, "publish", "payload"], own.payload), ...inner];
}

/** A text of which no value of its variables makes an object, for it begins or ends otherwise, is known to be none. */
function unmarkablePayload(path: readonly PropertyKey[], payload: unknown): Problem[] {
  const problem = (allowed: string): Problem[] => [{ path: renderPath(path), value: payload, allowed }];
  if (isWrittenAsBytes(payload)) return problem(`${OBJECT_ALLOWED}. Bytes get no mark, whatever they say`);
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload) && MARK_KEY in payload)
    return problem(`an object without the key ${MARK_KEY}, in which its mark is sent (messages.track)`);
  const text = typeof payload === "string" ? payload : (JSON.stringify(payload) ?? "");
  return isMarkable(text) ? [] : problem(OBJECT_ALLOWED);
}

const OBJECT_ALLOWED = `a JSON object, into which messages.track: payload writes the key ${MARK_KEY}; for others there is track: userProperties, with protocolVersion: 5`;
