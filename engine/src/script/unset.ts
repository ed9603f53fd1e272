import type { VuContext } from "../artillery.ts";
import { type Problem, renderPath } from "./problem.ts";
import { environmentName, type Reference } from "./references.ts";
import { hintOf } from "./zod-problems.ts";

/**
 * What the steps of a scenario refer to and nothing has set, judged where all is known: at the first virtual user, once plugins,
 * hooks and the functions before its flow have added theirs.
 */
export function unsetFor(needs: readonly Reference[], context: VuContext): Problem[] {
  return needs.filter((need) => !isSet(need, context)).map((need) => problemOf(need, context));
}

function isSet({ name, expression }: Reference, { vars, funcs = {} }: VuContext): boolean {
  if (name.endsWith("()")) return typeof funcs[name.slice(0, -2)] === "function";
  const variable = environmentName(expression);
  if (variable === null || !(name in vars)) return name in vars;
  return (vars[name] as Record<string, unknown> | undefined)?.[variable] !== undefined;
}

function problemOf({ path, name, expression }: Reference, { vars, funcs = {} }: VuContext): Problem {
  const found = { path: renderPath(path), value: `{{ ${expression} }}` };
  if (name.endsWith("()")) {
    const known = Object.keys(funcs).map((one) => `${one}()`);
    // A plugin adds some hundreds of them.
    return {
      ...found,
      allowed: "a function that Artillery, a plugin or the processor has added",
      ...hintOf(name, known),
    };
  }
  if (environmentName(expression) !== null && name in vars) return { ...found, allowed: SET_IN_ENVIRONMENT };
  const names = Object.keys(vars).sort();
  return { ...found, allowed: `a variable that exists: ${names.join(", ")}`, ...hintOf(name, names) };
}

export const SET_IN_ENVIRONMENT = "a variable that is set in the environment";
