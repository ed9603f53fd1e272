import { TIMELINE_ROW_MS } from "../contract.ts";
import { awayMs, type StormPlan } from "../storm/schedule.ts";
import { type Arrivals, devicesOf, recounted } from "./arrivals.ts";

/** What is asked of one storm alone, again and again with other values. */
export interface StormQuestion {
  /** The last storm that happens, counted from 1; those before it happen as well. */
  storm: number;
  /** So many devices arrive, one after the other as fast as in the script: phases get longer, and storms come later. */
  devices?: number | undefined;
  /** Its window lasts at least so long. */
  watchMs?: number | undefined;
}

/**
 * The same phases with so many devices, at the same rates: a larger fleet takes longer to arrive. A fleet that arrived faster
 * would ask more of the target before the storm than the script means it to.
 */
export function arrivingLonger(arrivals: readonly Arrivals[], devices: number): Arrivals[] {
  const factor = devices / devicesOf(arrivals);
  return recounted(
    arrivals,
    (before) => before * factor,
    (one, count) => ({ ...one, fromMs: one.fromMs * factor, count }),
  );
}

/**
 * Storms up to the one that is asked for. Where the fleet takes longer to arrive, they come as long after its arrival as they did;
 * one inside of it comes at the same share of it.
 */
export function stormsUpTo(
  storms: readonly StormPlan[],
  arrivals: readonly Arrivals[],
  { storm, devices, watchMs = 0 }: StormQuestion,
): StormPlan[] {
  const endMs = Math.max(0, ...arrivals.map(({ fromMs, everyMs, count }) => fromMs + everyMs * count));
  // A smaller fleet has arrived sooner, and then waits.
  const factor = Math.max(1, (devices ?? 0) / devicesOf(arrivals));
  return storms
    .filter(({ index }) => index <= storm)
    .map((one) => ({
      ...one,
      atMs: wholeRows(one.atMs + (factor - 1) * Math.min(one.atMs, endMs), one.atMs),
      windowMs: one.index === storm ? Math.max(one.windowMs, watchMs + awayMs(one)) : one.windowMs,
    }));
}

/** A storm that is moved comes at the beginning of a row of the timeline, where it came before if that was one. */
function wholeRows(atMs: number, wasMs: number): number {
  return atMs === wasMs ? atMs : Math.ceil(atMs / TIMELINE_ROW_MS - 1e-9) * TIMELINE_ROW_MS;
}
