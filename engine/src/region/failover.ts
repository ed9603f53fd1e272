/**
 * Decides where a device connects when its region does not answer. All three policies leave a region after `after` failed
 * attempts in a row; they differ in where the device goes, and in where its next outage begins.
 *
 * - `next`: the region that stands next in the script, after the last one the first. The next outage begins at home.
 * - `random`: any of the others with equal chances. The next outage begins at home.
 * - `sticky`: as `next`, but the next outage begins where the device was last connected: it does not go home by itself.
 */
export const FAILOVER_POLICIES = ["next", "random", "sticky"] as const;
export type FailoverPolicy = (typeof FAILOVER_POLICIES)[number];

export interface FailoverPlan {
  policy: FailoverPolicy;
  /** Failed attempts in a row after which a device leaves a region; a whole number above 0. */
  after: number;
  /** A device that has been connected away from home this long goes back by itself; Infinity for never. */
  returnHomeMs: number;
  /** Number of regions. */
  regions: number;
}

/** The region of the first attempt of an outage. `connected`: the region that was lost. */
export function regionAtLoss({ policy }: FailoverPlan, home: number, connected: number): number {
  return policy === "sticky" ? connected : home;
}

/**
 * The region of the next attempt.
 *
 * @param region the region of the attempt that failed
 * @param failures how many there were in that region, in a row, this one included
 * @param random uniform in [0, 1); only read by `random`
 */
export function regionAfterFailure(
  { policy, after, regions }: FailoverPlan,
  region: number,
  failures: number,
  random: number,
): number {
  if (regions < 2 || failures < after) return region;
  const step = policy === "random" ? 1 + Math.floor(random * (regions - 1)) : 1;
  return (region + step) % regions;
}
