/** Does what `Math.max(...values)` does, which overflows the stack where there are many. Null where there is none. */
export function highest(values: Iterable<number>): number | null {
  return extreme(values, Math.max);
}

/** Does what `Math.min(...values)` does. Null where there is none. */
export function lowest(values: Iterable<number>): number | null {
  return extreme(values, Math.min);
}

function extreme(values: Iterable<number>, choose: (a: number, b: number) => number): number | null {
  let found: number | null = null;
  for (const value of values) found = found === null ? value : choose(found, value);
  return found;
}
