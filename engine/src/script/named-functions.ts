import type { ArtilleryScript } from "../artillery.ts";
import { renderPath } from "./problem.ts";
import { isOurs } from "./read.ts";

/** Functions by reference: a script in TypeScript may hold a function itself where others hold the name of one. */

/** Keys of steps and of their settings that name a function. */
const FUNCTION_KEYS: readonly string[] = ["function", "beforeConnect", "whileTrue", "ifTrue"];

/**
 * Gives every function that stands in a step a place in the processor, and the step its name: all that reads the script sees a name.
 * The script is changed, as Artillery itself changes it on its way here.
 *
 * @returns how many there were
 */
export function nameFunctions(script: ArtilleryScript): number {
  const { processor } = script.config;
  const named: Record<string, unknown> = typeof processor === "object" ? { ...processor } : {};
  let count = 0;
  const visit = (value: unknown, path: readonly PropertyKey[]): void => {
    if (value === null || typeof value !== "object") return;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (typeof inner !== "function") visit(inner, at);
      else if (FUNCTION_KEYS.includes(key)) {
        count++;
        (value as Record<string, unknown>)[key] = nameIn(named, inner, at);
      }
    }
  };
  for (const [steps, path] of stepLists(script)) visit(steps, path);
  if (count > 0) script.config.processor = named;
  return count;
}

/** Its own name, unless another function has that one. */
function nameIn(
  named: Record<string, unknown>,
  target: { name: string },
  path: readonly PropertyKey[],
): string {
  const own = target.name === "" ? renderPath(path) : target.name;
  const name = named[own] === undefined || named[own] === target ? own : renderPath(path);
  named[name] = target;
  return name;
}

function stepLists(script: ArtilleryScript): [steps: unknown, path: PropertyKey[]][] {
  const scenarios: unknown[] = Array.isArray(script.scenarios) ? script.scenarios : [];
  const ofScenarios = scenarios.flatMap((scenario, i) => {
    if (scenario === null || typeof scenario !== "object" || !isOurs(script, scenario)) return [];
    const { flow, onConnect, onMessage } = scenario as Record<string, unknown>;
    return Object.entries({ flow, onConnect, onMessage }).map(([key, steps]): [unknown, PropertyKey[]] => [
      steps,
      ["scenarios", i, key],
    ]);
  });
  const ofHooks = (["before", "after"] as const).flatMap((hook): [unknown, PropertyKey[]][] => {
    const own = script[hook];
    if (own === null || typeof own !== "object" || !isOurs(script, own)) return [];
    return [[(own as { flow?: unknown }).flow, [hook, "flow"]]];
  });
  return [...ofScenarios, ...ofHooks];
}

/** Why a run cannot have functions by reference; null where it can. */
export function functionsProblem(script: ArtilleryScript): string | null {
  if (typeof script["__transpiledTypeScriptPath"] === "string") return null;
  return (
    "artillery-engine-mqtt: a script that holds functions must be a .ts file: of any other Artillery hands its worker threads a " +
    "copy, which has none; or name functions of config.processor"
  );
}
