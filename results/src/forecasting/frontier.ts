/** What is to be small in both: how long it takes, and the load that it brings. */
export interface Cost {
  timeMs: number;
  load: number;
}

/**
 * True for each that is on the frontier: no other is as fast and as light, and better in one of the two. What has no cost (null:
 * it did not recover) is not on it. Those that are equal are on it together.
 */
export function frontierOf(costs: readonly (Cost | null)[]): boolean[] {
  const isOn = costs.map(() => false);
  const ordered = costs
    .flatMap((cost, place) => (cost === null ? [] : [{ ...cost, place }]))
    .sort((a, b) => a.timeMs - b.timeMs || a.load - b.load);
  let lightest = Number.POSITIVE_INFINITY;
  let lightestTimeMs = Number.NEGATIVE_INFINITY;
  for (const { timeMs, load, place } of ordered) {
    const isEqual = load === lightest && timeMs === lightestTimeMs;
    if (load >= lightest && !isEqual) continue;
    isOn[place] = true;
    lightest = load;
    lightestTimeMs = timeMs;
  }
  return isOn;
}
