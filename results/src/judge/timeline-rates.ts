import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { TIMELINE_VALUES, type TimelineRow, type TimelineValue } from "../run/timeline.ts";

/** The whole fleet in one row for each time, whatever its number of cohorts. Rows are sorted by time, and so is the result. */
export function fleetRows(rows: readonly TimelineRow[]): TimelineRow[] {
  const fleet: TimelineRow[] = [];
  for (const row of rows) {
    const last = fleet.at(-1);
    if (last?.t_ms !== row.t_ms) fleet.push({ ...row, cohort: "" });
    else for (const value of TIMELINE_VALUES) last[value] += row[value];
  }
  return fleet;
}

/** Index of the first row that is at `tMs` or later, or one past the last. Rows are sorted by time. */
function firstAt(rows: readonly TimelineRow[], tMs: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as TimelineRow).t_ms < tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Where the rows begin and end that overlap `fromMs`..`toMs`: what is asked costs no more than them, and copies none. Rows
 * are sorted by time.
 */
function overlapping(rows: readonly TimelineRow[], fromMs: number, toMs: number): [number, number] {
  // A row that begins within its length before the first instant overlaps it, if by less than a microsecond not.
  return [firstAt(rows, fromMs - TIMELINE_ROW_MS + 0.001), firstAt(rows, toMs)];
}

/** Rows that are over by then, of rows that are sorted by time. */
export function rowsBefore(rows: readonly TimelineRow[], tMs: number): TimelineRow[] {
  let end = firstAt(rows, tMs - TIMELINE_ROW_MS);
  while (rows[end]?.t_ms === tMs - TIMELINE_ROW_MS) end++;
  return rows.slice(0, end);
}

/** How many row times are between them, empty ones too; 1 at least. */
function slotsBetween(rows: readonly TimelineRow[], fromMs: number, toMs: number): number {
  const grid = rows[0]?.t_ms ?? 0;
  return Math.max(
    1,
    Math.ceil((toMs - grid) / TIMELINE_ROW_MS) - Math.floor((fromMs - grid) / TIMELINE_ROW_MS),
  );
}

/** Sum of one column over the rows that overlap `fromMs`..`toMs`. Rows are sorted by time. */
export function sumBetween(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
): number {
  const [first, end] = overlapping(rows, fromMs, toMs);
  let sum = 0;
  for (let i = first; i < end; i++) sum += (rows[i] as TimelineRow)[column];
  return sum;
}

/** Sum of a level at each row time, on average: where there is no row, nobody is. */
export function meanLevel(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
): number {
  return sumBetween(rows, column, fromMs, toMs) / slotsBetween(rows, fromMs, toMs);
}

/** Events per second, as a mean over all of the time. */
export function meanPerS(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
): number {
  return (meanLevel(rows, column, fromMs, toMs) * 1000) / TIMELINE_ROW_MS;
}

/** Highest mean of any whole second (of all of it, if that is less than a second). */
export function peakPerS(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
): number {
  return bestMeanPerS(rows, column, fromMs, toMs, 1000);
}

/** Highest mean over any stretch of that length (over all of it, if it is shorter). Rows are sorted by time. */
export function bestMeanPerS(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
  stretchMs: number,
): number {
  const widthRows = Math.min(slotsBetween(rows, fromMs, toMs), Math.round(stretchMs / TIMELINE_ROW_MS));
  const widthMs = widthRows * TIMELINE_ROW_MS;
  const [first, end] = overlapping(rows, fromMs, toMs);
  let sum = 0;
  let best = 0;
  let oldest = first;
  for (let i = first; i < end; i++) {
    const row = rows[i] as TimelineRow;
    sum += row[column];
    for (; (rows[oldest] as TimelineRow).t_ms <= row.t_ms - widthMs; oldest++) {
      sum -= (rows[oldest] as TimelineRow)[column];
    }
    // Several rows may stand at one time: the stretch ends with the last of them.
    if (i + 1 === end || rows[i + 1]?.t_ms !== row.t_ms) best = Math.max(best, sum);
  }
  return widthMs === 0 ? 0 : (best * 1000) / widthMs;
}
