import { z } from "zod";
import { booleanOfText, numberOfText, textOfNumber } from "../scalar-text.ts";
import { parseShare } from "../share.ts";
import { written } from "./written-as.ts";

/**
 * Numbers and booleans of a script, which may be written as text: `seed: "{{ $env.SEED }}"` is text once Artillery has put in the
 * value, as it is in Artillery's own phases.
 */

/** Takes what `schema` takes, and its text. */
export function numeric<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return written({ notation: "number" }, z.preprocess(numberOfText, schema));
}

export const boolean: z.ZodType<boolean> = written(
  { notation: "boolean" },
  z.preprocess(booleanOfText, z.boolean({ error: "true or false" })),
);

/** Text, which may be empty, or a number as its text. */
export const anyText: z.ZodType<string> = written(
  { notation: "text" },
  z.preprocess(textOfNumber, z.string({ error: "text" })),
);

/** @param allowed what stands in the error */
export function integer(least: number, most: number, allowed: string): z.ZodType<number> {
  return numeric(z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed }));
}

export function positiveInteger(allowed: string): z.ZodType<number> {
  return integer(1, Number.MAX_SAFE_INTEGER, allowed);
}

export function positiveNumber(allowed: string): z.ZodType<number> {
  return numeric(z.number({ error: allowed }).positive({ error: allowed }));
}

/** A part of the whole, above 0 and up to all of it: `25 %` or 0.25. The value is the number. */
export function share(allowed: string): z.ZodType<number> {
  const read = z.unknown().transform((value, context): number => {
    const found = parseShare(value);
    if (found !== null && found > 0 && found <= 1) return found;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });
  return written({ notation: "share" }, read);
}
