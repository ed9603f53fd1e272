/**
 * `fail.cohorts` as it reaches a plugin: conditions by the name of a cohort, or a list of them with `name`.
 *
 * Artillery takes a key with dots or brackets for a path while it fills in variables: beside `"firmware 1.2"` then stands
 * `"firmware 1": [, , { … }]`, and it is there that the variables are filled in.
 */

export interface NamedCohorts {
  /** Conditions by name; as it is where it is neither. */
  cohorts: unknown;
  /** Places in the list that have no name of their own. */
  unnamed: number[];
}

export function namedCohorts(written: unknown): NamedCohorts {
  if (Array.isArray(written)) return byName(written);
  return { cohorts: isMap(written) ? withoutPaths(written) : written, unnamed: [] };
}

function byName(list: readonly unknown[]): NamedCohorts {
  const cohorts = new Map<string, unknown>();
  const unnamed: number[] = [];
  list.forEach((item, i) => {
    if (item === null) return;
    const { name, ...conditions } = isMap(item) ? item : { name: null };
    const key = typeof name === "number" ? String(name) : name;
    if (typeof key === "string" && !cohorts.has(key)) cohorts.set(key, conditions);
    else unnamed.push(i);
  });
  return { cohorts: Object.fromEntries(cohorts), unnamed };
}

function withoutPaths(written: Record<string, unknown>): Record<string, unknown> {
  const cohorts = structuredClone(written);
  for (const name of Object.keys(written).filter((key) => /[.[\]]/.test(key))) {
    const [first, ...rest] = name.split(/[.[\]]+/).filter((part) => part !== "");
    if (first === undefined) continue;
    const rendered = rest.length === 0 ? cohorts[first] : taken(cohorts[first], rest);
    if (rest.length === 0 || isEmpty(cohorts[first])) delete cohorts[first];
    if (isMap(rendered)) cohorts[name] = rendered;
  }
  return cohorts;
}

/** Takes out what stands there, and whatever is empty without it. */
function taken(holder: unknown, [key, ...rest]: readonly string[]): unknown {
  if (holder === null || typeof holder !== "object" || key === undefined) return undefined;
  const inside = holder as Record<string, unknown>;
  if (!Object.hasOwn(inside, key)) return undefined;
  const found = rest.length === 0 ? inside[key] : taken(inside[key], rest);
  if (rest.length === 0 || isEmpty(inside[key])) delete inside[key];
  return found;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => item === undefined || item === null);
  return isMap(value) && Object.keys(value).length === 0;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
