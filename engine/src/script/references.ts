import { MESSAGE_VARIABLE } from "./on-message.ts";
import type { ReadScenario } from "./read.ts";
import type { ReadStep } from "./read-steps.ts";
import { captureNames } from "./steps/request.ts";
import { type NamedExpression, referencedExpressions } from "./template.ts";

/** A variable or function that a step refers to. */
export interface Reference extends NamedExpression {
  path: readonly PropertyKey[];
}

interface LocalReference extends Reference {
  /** Variables that exist where it stands only. */
  locals: readonly string[];
}

/** The user's code, which may set any variable. */
export function callsCode({ definition, condition, written, children }: ReadStep): boolean {
  if (condition?.kind === "function" || (definition.calls?.(written) ?? []).length > 0) return true;
  return children.flat().some(callsCode);
}

export function definedBy({ definition, written, children }: ReadStep): string[] {
  return [...(definition.defines?.(written) ?? []), ...children.flat().flatMap(definedBy)];
}

type Written = Pick<ReadScenario, "onConnect" | "flow" | "onMessage" | "telemetry">;

/** All lists of steps of a scenario together. */
export function stepsOf<Step>({
  onConnect,
  flow,
  onMessage,
}: {
  onConnect: readonly Step[];
  flow: readonly Step[];
  onMessage: readonly { steps: readonly Step[] }[];
}): readonly Step[] {
  return [...onConnect, ...flow, ...onMessage.flatMap(({ steps }) => steps)];
}

export function definedInScenario(scenario: Omit<Written, "telemetry">): string[] {
  return [...stepsOf(scenario).flatMap(definedBy), ...scenario.onMessage.flatMap(captureNames)];
}

/** What a scenario refers to and none of its steps sets. */
export function openReferences(scenario: Written): Reference[] {
  const { onConnect, flow, onMessage, telemetry } = scenario;
  const defined = new Set(definedInScenario(scenario));
  const references = [
    ...[...onConnect, ...flow].flatMap((step) => referencesIn(step, [])),
    ...onMessage.flatMap(({ topic, path }) => referencesOf({ topic }, path, [])),
    ...onMessage.flatMap(({ steps }) => steps.flatMap((step) => referencesIn(step, [MESSAGE_VARIABLE]))),
    ...telemetry.flatMap(({ path, written }) => referencesOf(written, path, [])),
  ];
  return references
    .filter(({ name, locals }) => !defined.has(name) && !locals.includes(name))
    .map(({ path, name, expression }) => ({ path, name, expression }));
}

function referencesIn(
  { definition, written, path, children }: ReadStep,
  locals: readonly string[],
): LocalReference[] {
  const known = [...locals, ...(definition.locals?.(written) ?? [])];
  const lists = (definition.children?.(written) ?? []).map((child) => child.path[0]);
  const own = Object.entries(written).filter(([key]) => !lists.includes(key));
  return [
    ...children.flat().flatMap((child) => referencesIn(child, known)),
    ...referencesOf(Object.fromEntries(own), path, known),
  ];
}

/** References with the path of the very key that holds them. */
function referencesOf(
  value: unknown,
  path: readonly PropertyKey[],
  locals: readonly string[],
): LocalReference[] {
  if (typeof value === "string")
    return referencedExpressions(value).map((reference) => ({ ...reference, path, locals }));
  if (Array.isArray(value)) return value.flatMap((item, i) => referencesOf(item, [...path, i], locals));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => referencesOf(item, [...path, key], locals));
}

const ENVIRONMENT = /^\$(?:env|processEnvironment)(?:\.([\w-]+)|\[\s*(?:'([^']*)'|"([^"]*)")\s*\])$/;

/** The environment variable that an expression takes; null where it takes none. */
export function environmentName(expression: string): string | null {
  const match = ENVIRONMENT.exec(expression);
  return match === null ? null : (match[1] ?? match[2] ?? match[3] ?? null);
}
