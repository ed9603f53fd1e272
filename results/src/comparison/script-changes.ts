/** What differs between the scripts of two runs, as they were told (`script.json`: secrets masked). Pure. */

export interface ScriptChange {
  /** Where in the script, as error messages of the engine write it. */
  path: string;
  /** As JSON, text without quotes; null: not there. */
  a: string | null;
  b: string | null;
}

/**
 * Empty where nothing differs; null where one of the scripts is not known. Scenarios, steps and storms that were put in between others move
 * those without changing them.
 */
export function scriptChanges(a: string | null, b: string | null): ScriptChange[] | null {
  const [was, is] = [parsed(a), parsed(b)];
  return was === null || is === null ? null : changesOf(was, is, "");
}

function parsed(text: string | null): object | null {
  try {
    const script: unknown = JSON.parse(text ?? "null");
    return typeof script === "object" ? script : null;
  } catch {
    return null;
  }
}

type Tree = Readonly<Record<string, unknown>>;

function changesOf(was: unknown, is: unknown, path: string): ScriptChange[] {
  if (Array.isArray(was) && Array.isArray(is)) return listChanges(was, is, path);
  if (isTree(was) && isTree(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((key) => {
      const below = path === "" ? key : `${path}.${key}`;
      const [one, other] = [own(was, key), own(is, key)];
      return one === undefined || other === undefined
        ? lonely(one, other, below)
        : changesOf(one, other, below);
    });
  }
  return same(was, is) ? [] : [{ path, a: shown(was), b: shown(is) }];
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys are the user's: `constructor` is none of ours. */
function own(tree: Tree, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

function lonely(was: unknown, is: unknown, path: string): ScriptChange[] {
  return [{ path, a: was === undefined ? null : shown(was), b: is === undefined ? null : shown(is) }];
}

/** What both lists have in the same order is the same; what is between is paired as it stands, and the rest came or went. */
function listChanges(was: readonly unknown[], is: readonly unknown[], path: string): ScriptChange[] {
  const changes: ScriptChange[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...commonOf(was, is), [was.length, is.length] as const]) {
    const pairs = Math.min(nextI - i, nextJ - j);
    for (let k = 0; k < pairs; k++) changes.push(...changesOf(was[i + k], is[j + k], `${path}[${j + k}]`));
    for (let k = i + pairs; k < nextI; k++) changes.push(...lonely(was[k], undefined, `${path}[${k}]`));
    for (let k = j + pairs; k < nextJ; k++) changes.push(...lonely(undefined, is[k], `${path}[${k}]`));
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return changes;
}

/** Lists beyond it, such as rows of values, are paired as they stand. */
const LONGEST_LIST = 400;

/** Places of a longest common subsequence; https://doi.org/10.1145/360825.360861 has the recurrence. */
function commonOf(was: readonly unknown[], is: readonly unknown[]): [number, number][] {
  if (was.length > LONGEST_LIST || is.length > LONGEST_LIST) return [];
  const [one, other] = [was.map(canonical), is.map(canonical)];
  const longest = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      const row = longest[i] as number[];
      row[j] = one[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < one.length && j < other.length; ) {
    if (one[i] === other[j]) common.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return common;
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** The order of keys means nothing in a script. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, one: unknown) =>
      isTree(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
    ) ?? "undefined"
  );
}

const LONGEST_TEXT = 300;

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}
