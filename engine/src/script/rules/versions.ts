import { type Problem, renderPath } from "../problem.ts";
import type { ReadScript } from "../read.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { MQTT5_WILL_KEYS } from "../steps/identity.ts";
import { connectSteps } from "./connect-steps.ts";
import type { Rule } from "./rule.ts";

/** What the two versions of MQTT allow. */
export const versionRule: Rule = (script) => {
  const { protocolVersion } = script.settings.known;
  if (protocolVersion === 5) return labProblems(script);
  return protocolVersion === 4 ? [...settingsOf5(script), ...connectKeysOf5(script)] : [];
};

function labProblems({ target }: ReadScript): Problem[] {
  if (!("kind" in target) || target.kind !== "lab") return [];
  return [
    {
      path: renderPath([...ENGINE_PATH, "protocolVersion"]),
      value: 5,
      allowed: "4 with the lab: the embedded Aedes broker speaks MQTT 3.1.1 only",
      hint: "give a broker with -t mqtt://… to use 5",
    },
  ];
}

const KEYS_OF_5 = ["receiveMaximum", "topicAliasMaximum", "serverReference"] as const;

function settingsOf5({ settings: { known, written } }: ReadScript): Problem[] {
  const problems: Problem[] = [];
  if (known.session !== undefined && known.session.expiry > 0) {
    problems.push({
      path: renderPath([...ENGINE_PATH, "session", "expiry"]),
      value: (written["session"] as { expiry?: unknown }).expiry,
      allowed: "0 with MQTT 3.1.1, which has no session expiry",
      hint: "use session: { clean: false }",
    });
  }
  for (const key of KEYS_OF_5) {
    if (known[key] !== undefined) problems.push(unknownTo4([...ENGINE_PATH, key], written[key]));
  }
  return problems;
}

function connectKeysOf5({ scenarios }: ReadScript): Problem[] {
  return connectSteps(scenarios).flatMap(({ path, spec: { userProperties, will } }) => [
    ...(userProperties === undefined ? [] : [unknownTo4([...path, "userProperties"], userProperties)]),
    ...MQTT5_WILL_KEYS.filter((key) => will?.[key] !== undefined).map((key) =>
      unknownTo4([...path, "will", key], will?.[key]),
    ),
  ]);
}

function unknownTo4(path: readonly PropertyKey[], value: unknown): Problem {
  return {
    path: renderPath(path),
    value,
    allowed: `nothing: MQTT 3.1.1 has no ${String(path.at(-1))}`,
    hint: "use protocolVersion: 5",
  };
}
