import { containerKey, deviceNumber, type WorkerShare } from "../device/identity.ts";
import { hashKey } from "../device/random.ts";

/**
 * Which devices a storm hits. Every device has a key in [0, 1) made from the seed, the storm and its own number; the
 * storm hits the `round(fraction * fleet)` smallest keys, at least one. Every worker knows the roster of the fleet, so
 * each can compute the same limit, and no worker needs to hear of any single device of another.
 */

/** What one worker has told the others. */
export interface RosterEntry extends WorkerShare {
  /** Devices it has started. */
  devices: number;
}

/** Key of a device in one storm, uniform in [0, 1). */
export function stormKey(seed: number, storm: number, container: number, number: number): number {
  // Storm and container are folded into the seed's place and the stream's: devices keep their own stream.
  return hashKey(seed ^ Math.imul(container, 0x9e3779b1), storm, number);
}

/** Keys of all devices of a roster entry. */
function* keysOf(seed: number, storm: number, entry: RosterEntry): Generator<number> {
  const container = containerKey(entry.container);
  for (let index = 0; index < entry.devices; index++) {
    yield stormKey(seed, storm, container, deviceNumber(entry, index));
  }
}

/** How many of `fleet` devices a storm hits: any fraction above 0 hits at least one. */
export function affectedCount(fraction: number, fleet: number): number {
  if (fleet === 0 || fraction <= 0) return 0;
  return Math.min(fleet, Math.max(1, Math.round(fraction * fleet)));
}

/**
 * The largest key that the storm still hits; -1 for none, 1 for all. O(n log n) over the whole fleet: call it before the
 * storm's instant, not in it.
 */
export function selectionLimit(
  seed: number,
  storm: number,
  fraction: number,
  roster: readonly RosterEntry[],
): number {
  const fleet = roster.reduce((sum, entry) => sum + entry.devices, 0);
  const count = affectedCount(fraction, fleet);
  if (count === 0) return -1;
  if (count === fleet) return 1;
  const keys = new Float64Array(fleet);
  let at = 0;
  for (const entry of roster) {
    for (const key of keysOf(seed, storm, entry)) keys[at++] = key;
  }
  keys.sort();
  return keys[count - 1] as number;
}

/** True for one worker of the run: the first worker of the first container that is known. */
export function isFirstWorker(share: WorkerShare, roster: readonly RosterEntry[]): boolean {
  return share.worker === 1 && roster.every(({ container }) => share.container <= container);
}
