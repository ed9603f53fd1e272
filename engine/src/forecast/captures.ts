import type { CaptureResult, Helpers } from "../artillery.ts";
import { compileTemplate, type Template } from "../script/template.ts";

/** A place in a JSON document, name by name; null for an expression that says more than that. */
export type JsonPath = readonly (string | number)[];

const PATH = /^\$(?:\.[A-Za-z_$][\w$-]*|\[\d+\]|\['[^'\]]*'\])*$/;
const PART = /\.([A-Za-z_$][\w$-]*)|\[(\d+)\]|\['([^'\]]*)'\]/g;

/** `$.a.b[0]['c']` as its names. What JSONPath can do beyond that (wildcards, filters, `..`) is not known here. */
export function parseJsonPath(expression: unknown): JsonPath | null {
  if (typeof expression !== "string" || !PATH.test(expression)) return null;
  return [...expression.matchAll(PART)].map(([, name, index, quoted]) =>
    index === undefined ? ((name ?? quoted) as string) : Number(index),
  );
}

/** What one capture or match of a script is; null where it is more than a place in a JSON document. */
export function isPlainCapture(spec: Record<string, unknown>): boolean {
  const { json, as, value, strict, ...more } = spec;
  return parseJsonPath(json) !== null && Object.keys(more).length === 0;
}

/** A capture or match, compiled once. */
interface Compiled {
  json: string;
  path: JsonPath;
  as: string | null;
  isStrict: boolean;
  /** Given for a match alone. */
  expected: Template | null;
}

/**
 * Does as Artillery's own helper for captures and matches that are a place in a JSON document: at once, and without looking at the
 * expression again for each of a million answers. Others are refused before (refusals.ts).
 */
export function createCaptures(): Helpers["captureOrMatch"] {
  const known = new WeakMap<object, readonly Compiled[]>();
  return (spec, response, context, done) => {
    const lists = spec as { capture: Record<string, unknown>[]; match: Record<string, unknown>[] };
    let compiled = known.get(lists.capture);
    if (compiled === undefined) {
      compiled = [...lists.capture, ...lists.match].map(compile);
      known.set(lists.capture, compiled);
    }
    const result: CaptureResult = { captures: {}, matches: {}, failedCaptures: false };
    const document = parsed(response.body);
    for (const { json, path, as, isStrict, expected } of compiled) {
      if (document === undefined) {
        if (as !== null) result.captures[as] = { failed: isStrict };
        continue;
      }
      const value = valueAt(document, path);
      if (expected !== null) {
        const wanted = expected(context);
        result.matches[json] = { success: value === wanted, expected: wanted, got: value };
      } else if (as !== null) {
        result.captures[as] = { value, failed: isStrict && (value === undefined || value === "") };
      }
    }
    done(null, result);
  };
}

function compile(spec: Record<string, unknown>): Compiled {
  const { json, as, value, strict } = spec;
  return {
    json: String(json),
    path: parseJsonPath(json) ?? [],
    as: typeof as === "string" ? as : null,
    isStrict: strict !== false,
    expected: value === undefined ? null : compileTemplate(value),
  };
}

/** Undefined for what is no JSON. */
function parsed(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** An empty text for a document that has no places, as Artillery has it. */
function valueAt(document: unknown, path: JsonPath): unknown {
  if (typeof document !== "object" || document === null) return "";
  let value: unknown = document;
  for (const name of path) {
    // To JSONPath a text has its characters as places.
    if (!value || !Object.hasOwn(value as object, name)) return undefined;
    value = (value as Record<string | number, unknown>)[name];
  }
  return value;
}
