import type { ArtilleryScript } from "../artillery.ts";
import { type Problem, renderPath } from "./problem.ts";
import { STEPS } from "./steps/index.ts";
import { LAB_VARIABLE } from "./steps/lab.ts";
import { referencedNames } from "./template.ts";
import { hintOf } from "./zod-problems.ts";

/** What Artillery puts into every context, and the engine: https://www.artillery.io/docs/reference/test-script */
const BUILT_IN = [
  "target",
  "$environment",
  "$processEnvironment",
  "$env",
  "$testId",
  "$uuid",
  "$dirname",
  "$scenarioFile",
  "deviceId",
  "$randomNumber()",
  "$randomString()",
];

/** Name of the region that the device is connected to; only where the script has regions. */
export const REGION_VARIABLE = "region";

interface Found {
  path: PropertyKey[];
  name: string;
  locals: string[];
}

/**
 * Template variables that nothing in the script sets. A scenario that calls functions of the processor, which may set
 * any, is given the benefit of the doubt.
 */
export function unknownVariables(
  script: ArtilleryScript,
  scenario: Record<string, unknown>,
  path: PropertyKey[],
): Problem[] {
  const found: Found[] = [];
  const defined = new Set<string>([...BUILT_IN, ...inlineVariables(script), ...payloadFields(script)]);
  // The lab's step of a hook sets it: the main thread sees the hook, workers give the benefit of the doubt.
  if (script.before !== undefined) defined.add(LAB_VARIABLE);
  const { targets } = (script.config.engines?.["mqtt"] ?? {}) as { targets?: unknown };
  if (targets !== undefined) defined.add(REGION_VARIABLE);
  let callsCode = scenario["beforeScenario"] !== undefined;
  for (const key of ["onConnect", "flow"]) {
    callsCode = walk(scenario[key], [...path, key], [], found, defined) || callsCode;
  }
  return callsCode ? [] : problemsOf(found, defined);
}

function problemsOf(found: readonly Found[], defined: ReadonlySet<string>): Problem[] {
  const names = [...defined].sort();
  return found
    .filter(({ name, locals }) => !defined.has(name) && !locals.includes(name))
    .map(({ path, name }) => ({
      path: renderPath(path),
      value: `{{ ${name} }}`,
      allowed: `a variable that exists: ${names.join(", ")}`,
      ...hintOf(name, names),
    }));
}

/** True where a hook may set variables: one of another engine, or one that calls the user's code. */
export function hookSetsVariables(hook: unknown): boolean {
  const { engine, flow } = (hook ?? {}) as { engine?: unknown; flow?: unknown };
  if (engine !== "mqtt") return true;
  return (
    Array.isArray(flow) &&
    flow.flat().some((step) => step !== null && typeof step === "object" && "function" in step)
  );
}

/** Collects references and definitions of steps; true where a step calls the user's code. */
function walk(
  steps: unknown,
  path: PropertyKey[],
  locals: string[],
  found: Found[],
  defined: Set<string>,
): boolean {
  if (!Array.isArray(steps)) return false;
  let callsCode = false;
  steps.flat().forEach((step: Record<string, unknown>, i) => {
    const definition = STEPS.find(({ name }) => name in step);
    if (definition === undefined) return;
    const at = [...path, i];
    const inside = [...locals, ...(definition.locals?.(step) ?? [])];
    const children = definition.children?.(step) ?? [];
    for (const name of definition.defines?.(step) ?? []) defined.add(name);
    if ((definition.calls?.(step) ?? []).length > 0) callsCode = true;
    for (const child of children) {
      callsCode = walk(child.steps, [...at, ...child.path], inside, found, defined) || callsCode;
    }
    const own = Object.fromEntries(
      Object.entries(step).filter(([key]) => !children.some((child) => child.path[0] === key)),
    );
    collect(own, at, inside, found);
  });
  return callsCode;
}

/** References with the path of the very key that holds them. */
function collect(value: unknown, path: PropertyKey[], locals: string[], found: Found[]): void {
  if (typeof value === "string") {
    for (const name of referencedNames(value)) found.push({ path, name, locals });
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => {
      collect(item, [...path, i], locals, found);
    });
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) collect(item, [...path, key], locals, found);
  }
}

function inlineVariables(script: ArtilleryScript): string[] {
  return Object.keys(script.config.variables ?? {});
}

function payloadFields(script: ArtilleryScript): string[] {
  return [script.config.payload ?? []].flat().flatMap((payload) => {
    const { fields, loadAll, name } = (payload ?? {}) as {
      fields?: unknown;
      loadAll?: unknown;
      name?: unknown;
    };
    if (loadAll && typeof name === "string") return [name];
    return Array.isArray(fields) ? fields.map(String) : [];
  });
}
