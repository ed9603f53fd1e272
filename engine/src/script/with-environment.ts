import { isPlainObject } from "../given.ts";

/** `{{ $env.NAME }}`, as Artillery writes it. */
const VARIABLE = /\{\{\s*\$(?:env|processEnvironment)\.(\w+)\s*\}\}/g;
const DEEPEST = 32;

/**
 * A scenario with the environment's variables filled in. Artillery does so in `config`, and leaves scenarios to be rendered for each
 * virtual user: too late for what is decided before there is one, such as `keepalive`.
 *
 * What is not set stays as it is, for others tell of it; so does a value that would itself be a template.
 */
export function withEnvironment(
  value: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  depth: number = 0,
): unknown {
  if (depth > DEEPEST) return value;
  if (typeof value === "string") return value.includes("{{") ? filledIn(value, variables) : value;
  if (Array.isArray(value)) return value.map((one) => withEnvironment(one, variables, depth + 1));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, withEnvironment(one, variables, depth + 1)]),
  );
}

function filledIn(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(VARIABLE, (whole, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return value === undefined || value.includes("{{") ? whole : value;
  });
}
