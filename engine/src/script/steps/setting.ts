import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { compileTemplate } from "../template.ts";
import { written } from "../written-as.ts";

/** Settings of steps that are no text and may be templates all the same, such as `qos: "{{ qos }}"` of a CSV column. */

/** A template, as it is written. */
export class TemplateOf {
  readonly template: string;

  constructor(template: string) {
    this.template = template;
  }
}

export type Setting<T> = T | TemplateOf;

/** Takes what `schema` takes, and a template of it. */
export function setting<T>(schema: z.ZodType<T>): z.ZodType<Setting<T>> {
  const read = z.unknown().transform((value, context): Setting<T> => {
    if (typeof value === "string" && value.includes("{{")) return new TemplateOf(value);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      context.addIssue({ code: "custom", path: issue.path as string[], message: issue.message });
    }
    return z.NEVER;
  });
  return written({ template: schema }, read);
}

/**
 * Gives the value for one device, held against the same schema once it is known.
 *
 * @param path names it in the error that is thrown for a value that is not allowed
 */
export function compileSetting<T>(
  value: Setting<T>,
  schema: z.ZodType<T>,
  path: string,
): (context: VuContext) => T {
  if (!(value instanceof TemplateOf)) return () => value;
  const render = compileTemplate(value.template);
  // Devices of a fleet have few different ones.
  const known = new Map<unknown, T>();
  return (context) => {
    const rendered = render(context);
    const before = known.get(rendered);
    if (before !== undefined) return before;
    const parsed = schema.safeParse(rendered);
    if (!parsed.success) {
      const allowed = parsed.error.issues[0]?.message;
      throw new Error(`${path}: ${String(rendered)} is not allowed; allowed: ${allowed}`);
    }
    if (known.size < MOST_KNOWN) known.set(rendered, parsed.data);
    return parsed.data;
  };
}

const MOST_KNOWN = 100;
