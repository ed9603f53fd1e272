/** As `Math.max(...values)`, which overflows the stack where there are many. `-Infinity` of none. */
export function highest(values: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const value of values) found = Math.max(found, value);
  return found;
}

/** As `Math.min(...values)`. `Infinity` of none. */
export function lowest(values: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (const value of values) found = Math.min(found, value);
  return found;
}
