/**
 * `null` means that a key is not given, wherever a script has one: an environment of Artillery's can put `null` in the place of a
 * value, but take nothing away.
 */

/** What these hold goes out as it is written, `null` too. */
const CONTENT: readonly string[] = ["payload", "json"];

/** Settings without keys that hold `null`. Items of lists keep their places. */
export function givenSettings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(givenSettings);
  return isPlainObject(value) ? withoutNulls(value, givenSettings) : value;
}

/** The same of a step. Its name alone means that it has no settings (`connect:`), and its lists are steps or content. */
export function givenOfStep(step: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const { [name]: own, ...beside } = step;
  return { [name]: givenInside(own), ...withoutNulls(beside, givenInside) };
}

/** The same of a scenario, whose steps are read one by one. */
export function givenInside(value: unknown): unknown {
  return isPlainObject(value) ? withoutNulls(value, givenInside) : value;
}

function withoutNulls(
  object: Readonly<Record<string, unknown>>,
  inside: (value: unknown) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(object).flatMap(([key, value]): [string, unknown][] => {
    if (value === null) return [];
    return [[key, CONTENT.includes(key) ? value : inside(value)]];
  });
  return Object.fromEntries(entries);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
