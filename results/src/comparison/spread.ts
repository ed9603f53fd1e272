/** A value over several rounds. Null is "not reached": it counts as infinitely large. */
export interface Spread {
  median: number | null;
  min: number | null;
  max: number | null;
  /** Rounds that were measured. */
  n: number;
}

export function spreadOf(values: readonly (number | null)[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)] as number, sorted[Math.ceil(middle)] as number];
  return {
    // The middle of a number and "not reached" is not reached.
    median: finite(low === high ? low : (low + high) / 2),
    min: finite(sorted[0] as number),
    max: finite(sorted.at(-1) as number),
    n: sorted.length,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
