import { type Problem, renderPath } from "../problem.ts";
import type { ReadScenario, ReadScript } from "../read.ts";
import type { ReadStep } from "../read-steps.ts";
import { LAB_VARIABLE } from "../steps/lab.ts";
import { referencedNames } from "../template.ts";
import { BUILT_IN_VARIABLES, REGION_VARIABLE } from "../variables.ts";
import { hintOf } from "../zod-problems.ts";
import type { Rule } from "./rule.ts";

/** A variable that a step refers to. */
interface Reference {
  path: readonly PropertyKey[];
  name: string;
  /** Variables that exist where it stands only. */
  locals: readonly string[];
}

/**
 * Template variables that nothing in the script sets. A scenario that calls functions of the processor, which may set
 * any, is given the benefit of the doubt; so is one with a step that cannot be read, which may have set it.
 */
export const variableRule: Rule = (script) =>
  script.hasUnseenVariables
    ? []
    : script.scenarios.filter(({ isWhole }) => isWhole).flatMap((scenario) => unknownIn(scenario, script));

function unknownIn({ onConnect, flow, callsBefore }: ReadScenario, script: ReadScript): Problem[] {
  const steps = [...onConnect, ...flow];
  if (callsBefore || steps.some(callsCode)) return [];
  const defined = new Set([...definedBefore(script), ...steps.flatMap(definedBy)]);
  const names = [...defined].sort();
  return steps
    .flatMap((step) => referencesIn(step, []))
    .filter(({ name, locals }) => !defined.has(name) && !locals.includes(name))
    .map(({ path, name }) => ({
      path: renderPath(path),
      value: `{{ ${name} }}`,
      allowed: `a variable that exists: ${names.join(", ")}`,
      ...hintOf(name, names),
    }));
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

/** The user's code, which may set any variable. */
function callsCode({ definition, written, children }: ReadStep): boolean {
  return (definition.calls?.(written) ?? []).length > 0 || children.flat().some(callsCode);
}

function definedBy({ definition, written, children }: ReadStep): string[] {
  return [...(definition.defines?.(written) ?? []), ...children.flat().flatMap(definedBy)];
}

function referencesIn(
  { definition, written, path, children }: ReadStep,
  locals: readonly string[],
): Reference[] {
  const known = [...locals, ...(definition.locals?.(written) ?? [])];
  const lists = (definition.children?.(written) ?? []).map((child) => child.path[0]);
  const own = Object.entries(written).filter(([key]) => !lists.includes(key));
  return [
    ...children.flat().flatMap((child) => referencesIn(child, known)),
    ...referencesOf(Object.fromEntries(own), path, known),
  ];
}

/** References with the path of the very key that holds them. */
function referencesOf(value: unknown, path: readonly PropertyKey[], locals: readonly string[]): Reference[] {
  if (typeof value === "string") return referencedNames(value).map((name) => ({ path, name, locals }));
  if (Array.isArray(value)) return value.flatMap((item, i) => referencesOf(item, [...path, i], locals));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => referencesOf(item, [...path, key], locals));
}
