import { z } from "zod";

/**
 * What a schema cannot say of itself, for the JSON Schema of scripts (json-schema.ts): notations that a transform reads, places of
 * steps, and one sentence for each key of an object. Reading a script needs none of it.
 */

/** How a value may be written: a number or a boolean also as its text, text also as a number, settings also as nothing. */
export type Notation = "duration" | "share" | "number" | "boolean" | "text" | "nothing";

/** Steps of the place where this list stands (`same`), or of a place of its own. */
export type StepsOf = "flow" | "onConnect" | "onMessage" | "same";

export interface WrittenAs {
  notation?: Notation;
  steps?: StepsOf;
  /** Takes what this schema takes, and a template of it. */
  template?: z.ZodType;
  /** Sentences by key. */
  keys?: Readonly<Record<string, string>>;
}

/** Values are WrittenAs; the type of zod's registries takes every schema in them apart. */
const registry = z.registry<Record<string, unknown>>();

/** Nothing where nothing was said. What was said of a schema holds for those that are made of it by further checks. */
export function writtenAs(schema: z.core.$ZodType): WrittenAs {
  return registry.get(schema) ?? {};
}

/** The same schema, of which it is known how its values may be written. */
export function written<S extends z.ZodType>(as: WrittenAs, schema: S): S {
  registry.add(schema, { ...as });
  return schema;
}

/** Says of every key of an object what it means, in one sentence with its unit and default. A key without one does not compile. */
export function describeKeys<O extends z.ZodType & { shape: object }>(
  object: O,
  keys: Readonly<Record<keyof O["shape"], string>>,
): O {
  return written({ keys }, object);
}
