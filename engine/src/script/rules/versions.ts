import { type Problem, renderPath } from "../problem.ts";
import type { ReadScenario, ReadScript } from "../read.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { MQTT5_WILL_KEYS } from "../steps/identity.ts";
import type { BadTarget, Target } from "../target.ts";
import { clientOf } from "./clients.ts";
import { connectSteps } from "./connect-steps.ts";
import type { Rule } from "./rule.ts";

/** What the two versions of MQTT allow: for the settings, and for each scenario whose devices speak the one or the other. */
export const versionRule: Rule = (script) => {
  const { settings, scenarios } = script;
  const versions = scenarios.map((scenario) => clientOf(scenario, settings.known).protocolVersion);
  // What devices of some scenario understand is meant for those.
  const nobodyKnows5 = settings.known.protocolVersion === 4 && !versions.includes(5);
  const ofSettings = nobodyKnows5 ? problemsOf5(ENGINE_PATH, settings) : [];
  return [
    ...labProblems(script),
    ...ofSettings,
    ...scenarios.flatMap((scenario, i) =>
      versions[i] === 4
        ? [
            ...problemsOf5(scenario.path, scenario.client),
            ...(nobodyKnows5 ? [] : lostSession(scenario, script)),
            ...connectKeysOf5(scenario),
          ]
        : [],
    ),
  ];
};

function labProblems({ target, regions, settings, scenarios }: ReadScript): Problem[] {
  const refusal = (path: readonly PropertyKey[]): Problem => ({
    path: renderPath([...path, "protocolVersion"]),
    value: 5,
    allowed: "4 with the lab: the embedded Aedes broker speaks MQTT 3.1.1 only",
    hint: "give a broker with -t mqtt://… to use 5",
  });
  const isFive = settings.known.protocolVersion === 5;
  const hasLab = [target, ...(regions ?? []).map((region) => region.target)].some(isLab);
  return [
    // That of a region is told where the region stands.
    ...(isFive && isLab(target) ? [refusal(ENGINE_PATH)] : []),
    ...(hasLab
      ? scenarios.flatMap(({ path, client }) => (client.known.protocolVersion === 5 ? [refusal(path)] : []))
      : []),
  ];
}

function isLab(target: Target | BadTarget): boolean {
  return "kind" in target && target.kind === "lab";
}

const KEYS_OF_5 = ["receiveMaximum", "topicAliasMaximum", "serverReference"] as const;

/** Keys that say something to devices of MQTT 5 alone. */
function problemsOf5(
  path: readonly PropertyKey[],
  { known, written }: Pick<ReadScenario["client"], "known" | "written"> | ReadScript["settings"],
): Problem[] {
  const problems: Problem[] = [];
  if (known.session !== undefined && known.session.expiry > 0) {
    problems.push({
      path: renderPath([...path, "session", "expiry"]),
      value: (written["session"] as { expiry?: unknown }).expiry,
      allowed: "0 with MQTT 3.1.1, which has no session expiry",
      hint: "use session: { clean: false }",
    });
  }
  for (const key of KEYS_OF_5) {
    if (known[key] !== undefined) problems.push(unknownTo4([...path, key], written[key]));
  }
  return problems;
}

/**
 * Of the settings, which are for all scenarios, devices of 3.1.1 leave out what their version does not have; but a session that is
 * to be kept would silently be none.
 */
function lostSession({ path, client }: ReadScenario, { settings }: ReadScript): Problem[] {
  const { session } = settings.known;
  if (client.known.session !== undefined || session === undefined || session.expiry === 0) return [];
  return [
    {
      path: renderPath([...path, "session"]),
      value: undefined,
      allowed:
        "a session of its own: these devices speak MQTT 3.1.1, which has not the expiry that config.engines.mqtt.session gives",
      hint: "use session: { clean: false }",
    },
  ];
}

function connectKeysOf5(scenario: ReadScenario): Problem[] {
  return connectSteps([scenario]).flatMap(({ path, spec: { userProperties, will } }) => [
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
