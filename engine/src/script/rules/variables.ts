import { type Problem, renderPath } from "../problem.ts";
import type { ReadScenario, ReadScript } from "../read.ts";
import { callsCode, definedInScenario, environmentName, openReferences, stepsOf } from "../references.ts";
import { LAB_VARIABLE } from "../steps/lab.ts";
import { SET_IN_ENVIRONMENT } from "../unset.ts";
import { BUILT_IN_VARIABLES, REGION_VARIABLE } from "../variables.ts";
import { hintOf } from "../zod-problems.ts";
import type { Rule } from "./rule.ts";

/**
 * Template variables that nothing in the script sets. A scenario that calls functions of the processor, which may set
 * any, is given the benefit of the doubt; so is one with a step that cannot be read, which may have set it. What a plugin or an
 * unseen hook may add is judged at the first virtual user.
 */
export const variableRule: Rule = (script) =>
  script.scenarios
    .filter(({ isWhole }) => isWhole)
    .flatMap((scenario) => (isCoded(scenario) ? [] : unknownIn(scenario, script)));

function isCoded(scenario: ReadScenario): boolean {
  return scenario.callsBefore || stepsOf(scenario).some(callsCode);
}

function unknownIn(scenario: ReadScenario, script: ReadScript): Problem[] {
  const open = openReferences(scenario);
  const { environment } = script;
  const unset = open.flatMap(({ path, expression }): Problem[] => {
    const name = environmentName(expression);
    if (name === null || environment === null || environment.variables[name] !== undefined) return [];
    return [{ path: renderPath(path), value: `{{ ${expression} }}`, allowed: SET_IN_ENVIRONMENT }];
  });
  if (script.hasUnseenVariables) return unset;
  const defined = new Set([...definedBefore(script), ...definedInScenario(scenario)]);
  const names = [...defined].sort();
  const unknown = open
    .filter(({ name }) => !defined.has(name))
    .map(({ path, name }) => ({
      path: renderPath(path),
      value: `{{ ${name} }}`,
      allowed: `a variable that exists: ${names.join(", ")}`,
      ...hintOf(name, names),
    }));
  return [...unknown, ...unset];
}

function definedBefore({ variables, before, settings }: ReadScript): string[] {
  return [
    ...BUILT_IN_VARIABLES,
    ...variables,
    // The lab's step of a hook sets it: the main thread sees the hook, workers give the benefit of the doubt.
    ...(before === null ? [] : [LAB_VARIABLE]),
    ...(settings.written["targets"] === undefined ? [] : [REGION_VARIABLE]),
  ];
}
