import { affectedCount } from "../affected-count.ts";
import { type Container, containerKey, fleetNumber } from "../device/identity.ts";
import { hashKey } from "../random.ts";

/**
 * Which devices a storm hits. Every device has a key in [0, 1) made from the seed, the storm, its container and its number;
 * the storm hits the `round(fraction * fleet)` smallest keys, at least one. Every worker knows how many devices each container
 * has, so each can compute the same limit, and no worker needs to hear of any single device of another. Which cohort a device is in
 * is known to its own worker alone: a storm for some cohorts counts their devices apart, by their places in each cohort.
 */

/** The first `devices` devices of one container. */
export interface Population {
  container: Container;
  devices: number;
  /** They are those of this cohort alone, and their numbers are their places in it. */
  cohort?: number;
}

/** What stands for one container's devices in their keys; where a storm is for some cohorts, for those of one of them. */
export function populationKey(container: Container, cohort?: number): number {
  const key = containerKey(container);
  return cohort === undefined ? key : (key ^ Math.imul(cohort + 1, 0x85ebca6b)) >>> 0;
}

/** Key of a device in one storm, uniform in [0, 1). `population` is as `populationKey` makes it. */
export function stormKey(seed: number, storm: number, population: number, number: number): number {
  // Storm and population are folded into the seed's place and the stream's: devices keep their own stream.
  return hashKey(seed ^ Math.imul(population, 0x9e3779b1), storm, number);
}

/**
 * The largest key that the storm still hits; null where it hits none, 1 where it hits all. O(n) over the whole fleet: call it
 * before the storm's instant, not in it.
 */
export function selectionLimit(
  seed: number,
  storm: number,
  fraction: number,
  populations: readonly Population[],
): number | null {
  const fleet = populations.reduce((sum, { devices }) => sum + devices, 0);
  const count = affectedCount(fraction, fleet);
  if (count === 0) return null;
  if (count === fleet) return 1;
  // Keys are uniform: the limit is near the share. Only those around it are sorted, unless chance has it elsewhere.
  const share = count / fleet;
  const margin = 6 * Math.sqrt((share * (1 - share)) / fleet) + 2 / fleet;
  return (
    keyAtRank(seed, storm, populations, count, share - margin, share + margin) ??
    (keyAtRank(seed, storm, populations, count, 0, 1) as number)
  );
}

/** The keys of all devices that the storm hits, in order. O(n log n) over the whole fleet. */
export function chosenKeys(
  seed: number,
  storm: number,
  limit: number | null,
  populations: readonly Population[],
): Float64Array {
  const chosen: number[] = [];
  for (const { container, devices, cohort } of populations) {
    const key = populationKey(container, cohort);
    for (let index = 0; index < devices; index++) {
      const one = stormKey(seed, storm, key, fleetNumber(container, index));
      if (limit !== null && one <= limit) chosen.push(one);
    }
  }
  return new Float64Array(chosen).sort();
}

/** The `rank`-th smallest key, counted from 1, if it lies in [low, high); null otherwise. */
function keyAtRank(
  seed: number,
  storm: number,
  populations: readonly Population[],
  rank: number,
  low: number,
  high: number,
): number | null {
  let below = 0;
  const near: number[] = [];
  for (const { container, devices, cohort } of populations) {
    const key = populationKey(container, cohort);
    for (let index = 0; index < devices; index++) {
      const one = stormKey(seed, storm, key, fleetNumber(container, index));
      if (one < low) below++;
      else if (one < high) near.push(one);
    }
  }
  return new Float64Array(near).sort()[rank - 1 - below] ?? null;
}
