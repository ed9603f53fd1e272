import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { getOrAdd } from "../run/get-or-add.ts";

/** Rates at one time; or events of one row of a timeline, by its start. */
export type RatePoint<Rate extends string> = { tMs: number } & Record<Rate, number>;

/** How often something happens over a run: several rates on one axis of time. */
export interface RateSeries<Rate extends string> {
  /** Means over the second that ends at `tMs`. */
  points: RatePoint<Rate>[];
  /** The points, thinned to what a table can hold. */
  rows: RatePoint<Rate>[];
  peak: Record<Rate, number>;
}

const LONGEST_SERIES = 2000;
const LONGEST_TABLE = 60;

/** @param events sorted by time */
export function rateSeries<Rate extends string>(
  rates: readonly Rate[],
  events: readonly RatePoint<Rate>[],
): RateSeries<Rate> {
  const points = secondMeans(rates, events);
  const peak = none(rates);
  for (const point of points) raise(rates, peak, point);
  return {
    points: keepPeaks(rates, points, LONGEST_SERIES),
    rows: keepPeaks(rates, points, LONGEST_TABLE),
    peak,
  };
}

/** Events of the same time are added up. */
export function sumEvents<Rate extends string>(
  rates: readonly Rate[],
  all: readonly (readonly RatePoint<Rate>[])[],
): RatePoint<Rate>[] {
  const sums = new Map<number, RatePoint<Rate>>();
  for (const events of all) {
    for (const event of events) {
      const sum = sums.get(event.tMs);
      if (sum === undefined) sums.set(event.tMs, { ...event });
      else add(rates, sum, event, 1);
    }
  }
  return [...sums.values()].sort((a, b) => a.tMs - b.tMs);
}

/** At most `most` points; each stands for a stretch of time and has the highest values in it. */
export function keepPeaks<Rate extends string>(
  rates: readonly Rate[],
  points: readonly RatePoint<Rate>[],
  most: number,
): RatePoint<Rate>[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length <= most) return [...points];
  const rows = Math.ceil((last.tMs - first.tMs + TIMELINE_ROW_MS) / TIMELINE_ROW_MS / most);
  const stretches = new Map<number, RatePoint<Rate>>();
  for (const point of points) {
    const stretch = Math.floor((point.tMs - first.tMs) / (rows * TIMELINE_ROW_MS));
    const peak = getOrAdd(stretches, stretch, () => ({ ...point }));
    peak.tMs = point.tMs;
    raise(rates, peak, point);
  }
  return [...stretches.values()];
}

function secondMeans<Rate extends string>(
  rates: readonly Rate[],
  events: readonly RatePoint<Rate>[],
): RatePoint<Rate>[] {
  const second = none(rates);
  let oldest = 0;
  return events.map((event) => {
    add(rates, second, event, 1);
    for (let old = events[oldest]; old && old.tMs <= event.tMs - 1000; old = events[++oldest]) {
      add(rates, second, old, -1);
    }
    return { ...second, tMs: event.tMs + TIMELINE_ROW_MS };
  });
}

function none<Rate extends string>(rates: readonly Rate[]): Record<Rate, number> {
  return Object.fromEntries(rates.map((rate) => [rate, 0])) as Record<Rate, number>;
}

function add<Rate extends string>(
  rates: readonly Rate[],
  sum: Record<Rate, number>,
  event: Record<Rate, number>,
  sign: 1 | -1,
): void {
  for (const rate of rates) sum[rate] = (sum[rate] + sign * event[rate]) as Record<Rate, number>[Rate];
}

function raise<Rate extends string>(
  rates: readonly Rate[],
  peak: Record<Rate, number>,
  point: Record<Rate, number>,
): void {
  for (const rate of rates) peak[rate] = Math.max(peak[rate], point[rate]) as Record<Rate, number>[Rate];
}
