import type { Notation, StepsOf } from "./written-as.ts";

/**
 * JSON Schema of a value as it may be written in a script, made of what zod knows of it: notations in place of what transforms read,
 * `null` for what may be left out, templates where Artillery fills them in, and no defaults, which are in the engine's own units.
 */

export type Json = Readonly<Record<string, unknown>>;

/** What zod's schema says beside what JSON Schema knows. */
export interface Marks {
  "x-notation"?: Notation;
  "x-steps"?: StepsOf;
  "x-template"?: Json;
  "x-keys"?: Readonly<Record<string, string>>;
}

export interface Form {
  /** Artillery renders `{{ … }}` here before the engine sees it. */
  templates: boolean;
  /** Whether all required keys must be there; an environment gives parts alone. */
  whole: boolean;
  /** The list of steps at a place. */
  steps(of: StepsOf, minItems: unknown): Json;
}

export const DEFINITIONS_PATH = "#/definitions/";
export const reference = (name: string): Json => ({ $ref: `${DEFINITIONS_PATH}${name}` });
const NOTHING: Json = { type: "null" };
const TEMPLATE = reference("template");

/** JSON Schema has no flag for either case. */
const anyCase = (words: readonly string[]): string =>
  words
    .map((word) => [...word].map((letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`).join(""))
    .join("|");

const DECIMAL = "(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
/** Of the package `ms`: https://github.com/vercel/ms */
const UNITS = [
  ...["milliseconds", "millisecond", "msecs", "msec", "ms", "seconds", "second", "secs", "sec", "s"],
  ...["minutes", "minute", "mins", "min", "m", "hours", "hour", "hrs", "hr", "h", "days", "day", "d"],
  ...["weeks", "week", "w", "years", "year", "yrs", "yr", "y"],
];

export const DEFINITIONS: Readonly<Record<"duration" | "share" | "template", Json>> = {
  duration: {
    anyOf: [
      { type: "number", minimum: 0 },
      { type: "string", pattern: `^\\s*\\+?(?:${DECIMAL}|(?:\\d*\\.)?\\d+ *(?:${anyCase(UNITS)}))\\s*$` },
    ],
  },
  share: {
    anyOf: [
      { type: "number", minimum: 0, maximum: 1 },
      { type: "string", pattern: `^\\s*(?:(?:\\d+(?:\\.\\d+)?|\\.\\d+)\\s*%|${DECIMAL})\\s*$` },
    ],
  },
  template: { type: "string", pattern: "\\{\\{" },
};

export const TEXT_OF: Readonly<Record<"number" | "boolean", Json>> = {
  number: { type: "string", pattern: `^\\s*[+-]?${DECIMAL}\\s*$` },
  boolean: { type: "string", pattern: `^\\s*(?:${anyCase(["true", "false"])})\\s*$` },
};

export function writtenForm(raw: Json, form: Form): Json {
  const {
    "x-notation": notation,
    "x-steps": steps,
    "x-template": template,
    "x-keys": keys = {},
    ...known
  } = raw as Json & Marks;
  if (steps !== undefined) return form.steps(steps, known["minItems"]);
  if (template !== undefined) return either(writtenForm(template, form), TEMPLATE);
  const own = { ...plain(known, form), ...inside(known, keys, form) };
  switch (notation) {
    case "duration":
    case "share":
      return reference(notation);
    case "number":
    case "boolean":
      return either(own, TEXT_OF[notation]);
    case "text":
      return { ...own, type: ["string", "number"] };
    case "nothing":
      return either(own, NOTHING);
    default:
      return own;
  }
}

/** Keywords about the value itself. */
function plain(known: Json, { whole }: Form): Json {
  const {
    $schema,
    default: _inOurUnits,
    format,
    maximum,
    minimum,
    minItems,
    required,
    propertyNames,
    ...rest
  } = known;
  return {
    ...rest,
    ...(typeof minimum !== "number" || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(typeof maximum !== "number" || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    ...(whole && minItems !== undefined ? { minItems } : {}),
    ...(whole && required !== undefined ? { required } : {}),
    ...(Object.keys((propertyNames as Json | undefined) ?? {}).some((key) => key !== "type")
      ? { propertyNames }
      : {}),
  };
}

/** Keywords that hold schemas of what is inside the value. */
function inside(known: Json, keys: Readonly<Record<string, string>>, form: Form): Json {
  const { properties, items, additionalProperties, anyOf, required = [] } = known;
  const result: Record<string, unknown> = {};
  if (properties !== undefined) {
    const entries = Object.entries(properties as Record<string, Json>).map(([key, raw]) => {
      const mayLack = !form.whole || !(required as string[]).includes(key);
      const value = rendered(writtenForm(raw, form), form);
      return [key, describedBy(keys[key], mayLack ? either(value, NOTHING) : value)];
    });
    result["properties"] = Object.fromEntries(entries);
  }
  if (items !== undefined) {
    const item = rendered(writtenForm(items as Json, form), form);
    result["items"] = form.whole ? item : either(item, NOTHING);
  }
  if (typeof additionalProperties === "object") {
    result["additionalProperties"] = either(
      rendered(writtenForm(additionalProperties as Json, form), form),
      NOTHING,
    );
  }
  if (anyOf !== undefined) result["anyOf"] = (anyOf as Json[]).map((one) => writtenForm(one, form));
  return result;
}

/** A template may stand in place of a number, a boolean or one of a few words; other text may hold one anyway. */
function rendered(value: Json, { templates }: Form): Json {
  return templates && isScalar(value) && !takesAnyText(value) ? either(value, TEMPLATE) : value;
}

function isScalar(value: Json): boolean {
  const { type, anyOf } = value;
  if (anyOf !== undefined) return (anyOf as Json[]).some(isScalar);
  return "$ref" in value || "const" in value || (type !== "object" && type !== "array" && type !== "null");
}

function takesAnyText(value: Json): boolean {
  const { type, anyOf } = value;
  if (anyOf !== undefined) return (anyOf as Json[]).some(takesAnyText);
  if (Object.keys(value).every((key) => key === "description")) return true;
  const isText = [type].flat().includes("string");
  return isText && !["pattern", "enum", "const"].some((key) => key in value);
}

/** Beside `$ref` draft 7 looks at nothing. */
export function describedBy(description: string | undefined, value: Json): Json {
  if (description === undefined) return value;
  return "$ref" in value ? { description, allOf: [value] } : { ...value, description };
}

/** Takes what any of them takes. */
export function either(value: Json, ...others: Json[]): Json {
  const { description, ...rest } = value;
  const keys = Object.keys(rest);
  if (keys.length === 0) return value;
  const options = keys.length === 1 && "anyOf" in rest ? (rest["anyOf"] as Json[]) : [rest];
  const known = new Set(options.map((one) => JSON.stringify(one)));
  const added = others.filter((one) => !known.has(JSON.stringify(one)));
  return { ...(description === undefined ? {} : { description }), anyOf: [...options, ...added] };
}
