import type { z } from "zod";
import { type Problem, renderPath } from "./problem.ts";

/** zod's issues as problems of the script: path from the root, the value found there, what is allowed. */
export function problemsOf(
  error: z.ZodError,
  schema: z.ZodType,
  path: readonly PropertyKey[],
  raw: unknown,
): Problem[] {
  return problemsOfIssues(error.issues, schema, path, raw);
}

function problemsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  path: readonly PropertyKey[],
  raw: unknown,
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const at = [...path, ...issue.path];
    const value = valueAt(raw, issue.path);
    if (issue.code === "unrecognized_keys") {
      return unknownKeys(value as Record<string, unknown>, issue.keys, keysAt(schema, issue.path), at);
    }
    const inside = issue.code === "invalid_union" ? objectIssues(issue, value) : null;
    if (inside !== null) {
      const relative = inside.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
      return problemsOfIssues(relative, schema, path, raw);
    }
    return [{ path: renderPath(at), value, allowed: allowedOf(issue) }];
  });
}

/** @param path the path of the object that has the keys */
export function unknownKeys(
  object: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  known: readonly string[],
  path: readonly PropertyKey[],
): Problem[] {
  return keys.map((key) => ({
    path: renderPath([...path, key]),
    value: object[key],
    allowed: known.length === 0 ? "no such key" : `one of the keys ${known.join(", ")}`,
    ...hintOf(key, known),
  }));
}

/** Tells what is wrong inside an object where one of a union's alternatives is an object too; null otherwise. */
function objectIssues(issue: z.core.$ZodIssueInvalidUnion, value: unknown): z.core.$ZodIssue[] | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const isInside = ({ code, path }: z.core.$ZodIssue): boolean =>
    path.length > 0 || code === "unrecognized_keys";
  return issue.errors.find((issues) => issues.length > 0 && issues.every(isInside)) ?? null;
}

function allowedOf(issue: z.core.$ZodIssue): string {
  const expected = /^Invalid input: expected (.+?)(, received .+)?$/.exec(issue.message);
  return expected ? `a value of type ${expected[1]}` : issue.message;
}

/** What stands at a path of a script; undefined where nothing does. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === "object" ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}

interface SchemaDefinition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  options?: z.ZodType[];
  innerType?: z.ZodType;
  out?: z.ZodType;
  in?: z.ZodType;
}

/** The keys that an object has at `path` of a schema, through defaults, optionals, lists and transforms. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const definition = schema.def as unknown as SchemaDefinition;
  const inner = definition.innerType ?? (definition.type === "pipe" ? pipeObject(definition) : undefined);
  if (inner !== undefined) return keysAt(inner, path);
  if (definition.options !== undefined) return definition.options.flatMap((option) => keysAt(option, path));
  const [first, ...rest] = path;
  if (definition.shape !== undefined) {
    if (first === undefined) return Object.keys(definition.shape);
    const next = definition.shape[String(first)];
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (definition.element !== undefined && typeof first === "number") return keysAt(definition.element, rest);
  return [];
}

/** One side of a transform is the schema of objects: preprocess has it behind, transform before. */
function pipeObject(definition: SchemaDefinition): z.ZodType | undefined {
  const before = definition.in;
  return before !== undefined && (before.def as unknown as SchemaDefinition).type !== "transform"
    ? before
    : definition.out;
}

/** "did you mean" for a key that is one or two letters off. */
export function hintOf(key: string, known: readonly string[]): { hint?: string } {
  let best: string | null = null;
  let bestDistance = 3;
  for (const candidate of known) {
    const distance = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === null ? {} : { hint: `did you mean ${best}?` };
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(
        Math.min((row[j - 1] as number) + 1, (previous[j] as number) + 1, (previous[j - 1] as number) + cost),
      );
    }
    previous = row;
  }
  return previous[b.length] as number;
}
