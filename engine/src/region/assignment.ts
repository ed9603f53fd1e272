import { hashRandom } from "../random.ts";

/** Draw of a device's home region: the last of 2^32, which no device gets to by counting its own draws. */
const HOME_DRAW = 0xffff_ffff;

/** Upper bounds of the regions' shares of [0, 1), in the script's order. Weights are finite and above 0. */
export function shareBounds(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const bounds = weights.map((weight) => {
    sum += weight;
    return sum / total;
  });
  // Rounding may leave the last bound under 1, and a device above it without a home.
  if (bounds.length > 0) bounds[bounds.length - 1] = 1;
  return bounds;
}

/** The home region of a device, counted from 0: a hash of its number, so the same on any number of workers. */
export function homeRegion(bounds: readonly number[], seed: number, deviceNumber: number): number {
  const key = hashRandom(seed, deviceNumber, HOME_DRAW);
  return bounds.findIndex((bound) => key < bound);
}
