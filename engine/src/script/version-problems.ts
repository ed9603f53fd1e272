import { type Problem, renderPath } from "./problem.ts";
import type { EngineSettings } from "./schema.ts";
import { MQTT5_WILL_KEYS } from "./steps/identity.ts";
import type { ParsedStep } from "./steps/step.ts";
import { credentialsOf, type Target } from "./target.ts";

/** What the two versions of MQTT allow, over more than one key of the script. */

const ENGINE_PATH = ["config", "engines", "mqtt"] as const;
const MQTT5_KEYS = ["receiveMaximum", "topicAliasMaximum", "serverReference"] as const;
const USE_5 = { hint: "use protocolVersion: 5" };

/** Settings of MQTT 5 beside version 4. Each key is read by itself. */
export function versionProblems(raw: unknown, settings: Partial<EngineSettings>): Problem[] {
  if (settings.protocolVersion !== 4) return [];
  const problems: Problem[] = [];
  const values = raw as Record<string, unknown> & { session?: { expiry?: unknown } };
  if (settings.session !== undefined && settings.session.expiry > 0) {
    problems.push({
      path: renderPath([...ENGINE_PATH, "session", "expiry"]),
      value: values.session?.expiry,
      allowed: "0 with MQTT 3.1.1, which has no session expiry",
      hint: "use session: { clean: false }",
    });
  }
  for (const key of MQTT5_KEYS) {
    if (settings[key] === undefined) continue;
    problems.push({
      path: renderPath([...ENGINE_PATH, key]),
      value: values[key],
      allowed: `nothing: MQTT 3.1.1 has no ${key}`,
      ...USE_5,
    });
  }
  return problems;
}

interface ConnectSpec {
  clientId?: string;
  username?: string;
  password?: string;
  userProperties?: unknown;
  will?: Record<string, unknown>;
}

/** `connect` steps that the settings do not allow. */
export function identityProblems(
  settings: Partial<EngineSettings>,
  target: Target | { problem: Problem },
  cohorts: readonly { flow: readonly ParsedStep[] }[],
): Problem[] {
  const common = "kind" in target ? credentialsOf(target, settings) : settings;
  const problems: Problem[] = [];
  if (common.password !== undefined && common.username === undefined) {
    const steps = cohorts.flatMap(({ flow }) => connectSteps(flow));
    if (steps.every(({ spec }) => spec.username === undefined)) {
      problems.push(passwordAlone([...ENGINE_PATH, "password"], common.password));
    }
  }
  for (const { path, spec } of cohorts.flatMap(({ flow }) => connectSteps(flow))) {
    if (spec.clientId === "" && settings.session?.clean === false) {
      problems.push({
        path: renderPath([...path, "clientId"]),
        value: "",
        allowed: "an id, since nobody can come back to a session without one",
        hint: "use session: { clean: true }",
      });
    }
    if (spec.password !== undefined && (spec.username ?? common.username) === undefined) {
      problems.push(passwordAlone([...path, "password"], spec.password));
    }
    if (settings.protocolVersion !== 4) continue;
    const refuse = (keys: string[], value: unknown): void => {
      problems.push({
        path: renderPath([...path, ...keys]),
        value,
        allowed: `nothing: MQTT 3.1.1 has no ${keys.at(-1)}`,
        ...USE_5,
      });
    };
    if (spec.userProperties !== undefined) refuse(["userProperties"], spec.userProperties);
    for (const key of MQTT5_WILL_KEYS) {
      if (spec.will?.[key] !== undefined) refuse(["will", key], spec.will[key]);
    }
  }
  return problems;
}

function passwordAlone(path: readonly PropertyKey[], value: unknown): Problem {
  return { path: renderPath(path), value, allowed: "a password beside a username" };
}

function connectSteps(steps: readonly ParsedStep[]): { path: PropertyKey[]; spec: ConnectSpec }[] {
  return steps.flatMap((step) => {
    const spec = (step.spec as { connect?: ConnectSpec }).connect;
    const inside = step.children.flatMap(connectSteps);
    return spec === undefined ? inside : [{ path: [...step.path, "connect"], spec }];
  });
}
