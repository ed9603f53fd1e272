/**
 * Looks for the value at which outcomes change, by trying some: from a first value doubling or halving until two neighbours
 * differ, then between them, on a scale of ratios. Pure: what was tried in, what to try next out; so whoever tries may stop at any
 * time, and knows what was found by then.
 */

/** Whole numbers from `lowest` to `highest`. */
export interface Space {
  lowest: number;
  highest: number;
  /** Is tried first. */
  start: number;
  /** The side on which outcomes hold: a fleet that is small enough (below), a capacity that is large enough (above). */
  holds: "below" | "above";
  /** The search ends where the upper value is no more than this share above the lower one. */
  tolerance: number;
  /**
   * Where nothing holds up to the end of the side on which outcomes should, the other side is tried as well: a server that is slower
   * than the others may hold the fleet back from them.
   */
  bothWays?: boolean;
}

export interface Tried {
  value: number;
  holds: boolean;
}

/**
 * The two values between which outcomes change, both of them tried; null where none was found on that side. What lies between
 * them, and between other values that were tried, is not known: only where outcomes change once is it the boundary.
 */
export interface Bracket {
  holds: number | null;
  fails: number | null;
}

const STEP = 2;

/** The next value to try; null where the search has ended. */
export function nextToTry(space: Space, tried: readonly Tried[]): number | null {
  const { lowest, highest, start, tolerance } = space;
  if (tried.length === 0) return Math.min(highest, Math.max(lowest, start));
  const { low, high } = neighbours(space, tried);
  if (low === null) return high === null || high <= lowest ? null : Math.max(lowest, Math.floor(high / STEP));
  if (high === null) return low >= highest ? otherSide(space, tried) : Math.min(highest, low * STEP);
  if (high - low <= Math.max(1, low * tolerance)) return null;
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(low * high))));
}

/** Below the lowest that was tried, where all up to the highest have failed to hold; null where that is not asked for. */
function otherSide({ lowest, holds, bothWays }: Space, tried: readonly Tried[]): number | null {
  if (bothWays !== true || holds !== "above") return null;
  const least = Math.min(...tried.map(({ value }) => value));
  return least <= lowest ? null : Math.max(lowest, Math.floor(least / STEP));
}

export function bracketOf(space: Space, tried: readonly Tried[]): Bracket {
  const { low, high } = neighbours(space, tried);
  return space.holds === "below" ? { holds: low, fails: high } : { holds: high, fails: low };
}

/** So many tries are left at most; about so many where outcomes have not changed yet. */
export function triesLeft(space: Space, tried: readonly Tried[]): number {
  const { lowest, highest, tolerance } = space;
  const start = Math.min(highest, Math.max(lowest, space.start));
  const halvings = (ratio: number): number => Math.max(0, Math.ceil(Math.log2(ratio) - 1e-9));
  const between = (low: number, high: number): number => {
    const nearest = Math.max(1 + tolerance, (low + 1) / low);
    return halvings(Math.log(high / low) / Math.log(nearest)) + (high / low > nearest ? 1 : 0);
  };
  if (nextToTry(space, tried) === null) return 0;
  if (tried.length === 0) {
    const [up, down] = [halvings(highest / start), halvings(start / lowest) + 1];
    return 1 + (space.bothWays ? up + down : Math.max(up, down)) + between(start, start * STEP);
  }
  const { low, high } = neighbours(space, tried);
  if (low === null) return halvings((high ?? lowest) / lowest) + 1 + between(lowest, lowest * STEP);
  if (high === null) {
    const least = Math.min(...tried.map(({ value }) => value));
    const down = space.bothWays ? halvings(least / lowest) + 1 : 0;
    return halvings(highest / low) + down + between(low, low * STEP);
  }
  return between(low, high);
}

/** The smallest value of the upper kind, and the largest of the lower kind below it. */
function neighbours({ holds }: Space, tried: readonly Tried[]): { low: number | null; high: number | null } {
  const isUpper = (one: Tried): boolean => one.holds === (holds === "above");
  let high: number | null = null;
  for (const one of tried) if (isUpper(one) && (high === null || one.value < high)) high = one.value;
  let low: number | null = null;
  for (const one of tried) {
    if (isUpper(one) || (high !== null && one.value > high)) continue;
    if (low === null || one.value > low) low = one.value;
  }
  return { low, high };
}
