import type { CohortPlan, FleetPlan } from "../script/plan.ts";
import { type Problem, renderPath } from "../script/problem.ts";
import { stepsOf } from "../script/references.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import { isPlainCapture } from "./captures.ts";
import { isPublishedTo } from "./hearing.ts";
import { authSettingsOf, serviceOf } from "./model.ts";

const NO_AUTH =
  "a duration, since nobody is asked: the script has neither lab: { auth } nor config.engines.mqtt.forecast.auth";
const FUNCTIONS = "config.engines.mqtt.forecast.functions";

/** What of a script no model can know, each by its name: it is given by the user, or the forecast is refused. */
export function refusalsOf(plan: FleetPlan): Problem[] {
  return [...stormRefusals(plan), ...plan.cohorts.flatMap((cohort) => cohortRefusals(cohort, plan))];
}

/** Somebody else makes these: when they end, and what they do, is not in the script. */
function stormRefusals({ storms }: FleetPlan): Problem[] {
  return storms
    .filter(({ cause }) => cause === "exec" || cause === "external")
    .map(({ cause, index }) => ({
      path: `config.engines.mqtt.storms (storm ${index}).cause`,
      value: cause,
      allowed:
        "reset, close, disconnect, silent or regionLoss in a forecast: what a command or an outsider does is not known",
    }));
}

function cohortRefusals(cohort: CohortPlan, plan: FleetPlan): Problem[] {
  const { beforeScenario, afterScenario, scenarioIndex } = cohort;
  const path = `scenarios[${scenarioIndex}]`;
  return [
    ...beforeScenario.flatMap((name) => functionRefusal(name, `${path}.beforeScenario`, plan)),
    ...afterScenario.flatMap((name) => functionRefusal(name, `${path}.afterScenario`, plan)),
    ...cohort.onMessage.flatMap(({ topic }, i) => messageRefusals(`${path}.onMessage[${i}]`, topic, plan)),
    ...stepsOf(cohort).flatMap((step) => stepRefusals(step, plan)),
    ...pluginRefusals(cohort),
  ];
}

/** Functions that a forecast has of its own. */
const KNOWN_FUNCTIONS: ReadonlySet<string> = new Set(["$randomNumber()", "$randomString()"]);

function pluginRefusals({ needs }: CohortPlan): Problem[] {
  return needs
    .filter(({ name }) => name.endsWith("()") && !KNOWN_FUNCTIONS.has(name))
    .map(({ path, expression }) => ({
      path: renderPath(path),
      value: `{{ ${expression} }}`,
      allowed:
        "$randomNumber() or $randomString() in a forecast: what a plugin's function gives is not known",
    }));
}

/** Nobody but devices and the back end publishes in a forecast: steps for other messages would never run, without a word. */
function messageRefusals(path: string, topic: string, plan: FleetPlan): Problem[] {
  if (isPublishedTo(topic, plan)) return [];
  const allowed = "a topic that devices of the script publish to: in a forecast nobody else does";
  return [{ path, value: topic, allowed }];
}

function functionRefusal(name: string, path: string, plan: FleetPlan): Problem[] {
  const { settings } = plan;
  const time = settings.forecast?.functions?.[name];
  if (time === "auth" && authSettingsOf(plan) === undefined) {
    return [{ path: `${FUNCTIONS}.${name}`, value: time, allowed: NO_AUTH }];
  }
  if (time !== undefined) return [];
  return [
    {
      path,
      value: name,
      allowed: `a function whose duration stands in ${FUNCTIONS}: none is called in a forecast`,
    },
  ];
}

function stepRefusals(step: ParsedStep, plan: FleetPlan): Problem[] {
  return [
    ...conditionRefusal(step),
    ...ownRefusals(step, plan),
    ...step.children.flat().flatMap((child) => stepRefusals(child, plan)),
  ];
}

function conditionRefusal({ path, condition }: ParsedStep): Problem[] {
  if (condition?.kind !== "function") return [];
  const allowed = "an expression in a forecast: what a function would decide is not known";
  return [{ path: renderPath([...path, "ifTrue"]), value: condition.text, allowed }];
}

interface KnownSpec {
  function?: string;
  connect?: { beforeConnect?: string };
  whileTrue?: string;
  request?: RequestSpec;
  refresh?: { request: RequestSpec };
  http?: HttpSpec;
  waitForMessage?: { topic: string };
}

interface AnswerSpec {
  capture?: Capture | Capture[] | undefined;
  match?: Capture | Capture[] | undefined;
}

type Capture = Record<string, unknown>;

interface RequestSpec extends AnswerSpec {
  correlation?: unknown;
}

interface HttpSpec extends AnswerSpec {
  get?: string;
  post?: string;
}

function ownRefusals({ path, spec }: ParsedStep, plan: FleetPlan): Problem[] {
  const known = spec as KnownSpec;
  const at = (...keys: string[]): string => renderPath([...path, ...keys]);
  if (known.function !== undefined) return functionRefusal(known.function, at("function"), plan);
  if (known.connect?.beforeConnect !== undefined)
    return functionRefusal(known.connect.beforeConnect, at("connect", "beforeConnect"), plan);
  if (known.whileTrue !== undefined) {
    const allowed = "count or over in a forecast: what a function would decide is not known";
    return [{ path: at("whileTrue"), value: known.whileTrue, allowed }];
  }
  if (known.waitForMessage !== undefined)
    return messageRefusals(at("waitForMessage"), known.waitForMessage.topic, plan);
  if (known.http !== undefined)
    return [...httpRefusals(known.http, at, plan), ...captureRefusals(known.http, at("http"))];
  const request = known.request ?? known.refresh?.request;
  if (request === undefined) return [];
  const where = known.request === undefined ? at("refresh", "request") : at("request");
  return [...requestRefusals(request, where, plan), ...captureRefusals(request, where)];
}

function captureRefusals(spec: AnswerSpec, path: string): Problem[] {
  return (["capture", "match"] as const).flatMap((key) =>
    [spec[key] ?? []].flat().flatMap((one) =>
      isPlainCapture(one)
        ? []
        : [
            {
              path: `${path}.${key}`,
              value: one,
              allowed: "a place in a JSON document in a forecast, such as { json: $.topics[0], as: topic }",
            },
          ],
    ),
  );
}

function requestRefusals({ correlation }: RequestSpec, path: string, plan: FleetPlan): Problem[] {
  if (serviceOf(plan) === null) {
    return [
      {
        path,
        value: "configService: external",
        allowed:
          "a request that somebody answers: say how in config.engines.mqtt.forecast.configService: { requestTopic, responseTopic, payload, capacity, queueLimit }",
      },
    ];
  }
  if (typeof correlation !== "object") return [];
  const allowed =
    "none, order, topic or properties in a forecast: the modelled back end does not read payloads";
  return [{ path: `${path}.correlation`, value: correlation, allowed }];
}

/** The lab's address stands at the beginning; any other server is not known. */
const LABS_OWN = /^\{\{\s*\$mqttLab\b/;

function httpRefusals(
  { get, post }: HttpSpec,
  at: (...keys: string[]) => string,
  plan: FleetPlan,
): Problem[] {
  const url = get ?? post ?? "";
  if (LABS_OWN.test(url) || plan.settings.forecast?.http !== undefined) return [];
  return [
    {
      path: at("http", get === undefined ? "post" : "get"),
      value: url,
      allowed:
        "a server of the lab ({{ $mqttLab.http }}), or any whose time stands in config.engines.mqtt.forecast.http: { duration, body }",
    },
  ];
}
