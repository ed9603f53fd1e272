import type { CohortLoad } from "./load.ts";

/** A part of the run, milliseconds from time zero. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** A rate up to this share of its highest is next to nothing. */
export const IDLE_SHARE = 0.01;
/** What is shown before the next thing happens, and after the last. */
const MARGIN_MS = 1000;
/** Shorter than this, or than that part of the run, it is not worth hiding. */
const SHORTEST_MS = 4000;
const SHORTEST_SHARE = 0.05;

/**
 * Where the fleet asks for next to nothing and gets next to nothing. Where nothing was recorded, nothing is known of it, so that
 * such a stretch is not idle; nor is an instant of a storm.
 *
 * @param load that of the whole fleet
 * @param stormsMs the instants of the storms
 */
export function idleStretches(
  load: Pick<CohortLoad, "points" | "peak">,
  stormsMs: readonly number[],
): Stretch[] {
  const { points, peak } = load;
  const [first, last] = [points[0], points.at(-1)];
  const nothing = Object.values(peak).every((highest) => highest === 0);
  if (first === undefined || last === undefined || nothing) return [];
  const busy = (point: (typeof points)[number]): boolean =>
    (Object.keys(peak) as (keyof typeof peak)[]).some((rate) => point[rate] > IDLE_SHARE * peak[rate]);
  const lengthMs = last.tMs - first.tMs;
  const usualMs = lengthMs / Math.max(1, points.length - 1);
  const idle: Stretch[] = [];
  let sinceMs = first.tMs;
  const close = (toMs: number, afterMs: number): void => {
    const stretch = { fromMs: sinceMs, toMs };
    sinceMs = afterMs;
    const cuts = stormsMs.filter((ms) => ms > stretch.fromMs && ms < stretch.toMs);
    for (const atMs of [...cuts, stretch.toMs]) {
      idle.push({ fromMs: stretch.fromMs, toMs: atMs });
      stretch.fromMs = atMs;
    }
  };
  let beforeMs = first.tMs;
  for (const point of points) {
    if (busy(point)) close(point.tMs, point.tMs);
    else if (point.tMs - beforeMs > Math.max(1000, 5 * usualMs)) close(beforeMs, point.tMs);
    beforeMs = point.tMs;
  }
  close(last.tMs, last.tMs);
  const shortestMs = Math.max(SHORTEST_MS, SHORTEST_SHARE * lengthMs);
  return idle
    .map(({ fromMs, toMs }) => ({
      // The ends of the run need no margin on their outer side.
      fromMs: fromMs === first.tMs ? fromMs : fromMs + MARGIN_MS,
      toMs: toMs === last.tMs ? toMs : toMs - MARGIN_MS,
    }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= shortestMs);
}
