import { TIMELINE_COLUMNS, TIMELINE_ROW_MS, type TimelineColumn } from "artillery-engine-mqtt/contract";
import { getOrAdd } from "./maps.ts";

export type TimelineValue = Exclude<TimelineColumn, "t_ms" | "cohort">;
export const TIMELINE_VALUES: readonly TimelineValue[] = TIMELINE_COLUMNS.filter(
  (column): column is TimelineValue => column !== "t_ms" && column !== "cohort",
);

/** One row of a timeline; `t_ms` is since the epoch in a worker's, since the fleet's time zero in a merged one. */
export type TimelineRow = { t_ms: number; cohort: string } & Record<TimelineValue, number>;

/** Levels at the end of a row; all other values count events within it. */
const LEVELS: readonly TimelineValue[] = ["online", "ready"];

/** A worker that wrote no row for so long has lost its clock, not its devices: the levels are not carried further. */
const LONGEST_GAP_ROWS = 6000;

/** A worker that stutters for more than a day in all: what is not filled by then stays empty. */
const MOST_FILLED_ROWS = 1_000_000;

export function emptyRow(t_ms: number, cohort: string): TimelineRow {
  const row = { t_ms, cohort } as TimelineRow;
  for (const value of TIMELINE_VALUES) row[value] = 0;
  return row;
}

/** Rows are summed by time and cohort; the result is sorted, its times count from `timeZeroMs`. */
export function mergeTimelines(workers: readonly TimelineRow[][], timeZeroMs: number): TimelineRow[] {
  const sums = new Map<string, Map<number, TimelineRow>>();
  for (const rows of workers) {
    for (const row of withoutGaps(rows)) {
      const cohort = getOrAdd(sums, row.cohort, () => new Map<number, TimelineRow>());
      const sum = getOrAdd(cohort, row.t_ms, () => emptyRow(row.t_ms - timeZeroMs, row.cohort));
      for (const value of TIMELINE_VALUES) sum[value] += row[value];
    }
  }
  const merged = [...sums.values()].flatMap((rows) => [...rows.values()]);
  return merged.sort((a, b) => a.t_ms - b.t_ms || (a.cohort < b.cohort ? -1 : 1));
}

/**
 * One worker's rows with one row for every time between its first and last, per cohort. Where a row is missing the
 * devices were still there, so the last levels hold; else the fleet would seem to shrink when a worker stutters.
 */
function* withoutGaps(rows: readonly TimelineRow[]): Generator<TimelineRow> {
  const last = new Map<string, TimelineRow>();
  let filledRows = 0;
  for (const row of [...rows].sort((a, b) => a.t_ms - b.t_ms)) {
    const before = last.get(row.cohort);
    if (before?.t_ms === row.t_ms) {
      // Twice the same row: its events add up, its level is not a second fleet.
      const again = { ...row };
      for (const level of LEVELS) again[level] = row[level] - before[level];
      last.set(row.cohort, row);
      yield again;
      continue;
    }
    const gapRows = before === undefined ? 0 : (row.t_ms - before.t_ms) / TIMELINE_ROW_MS - 1;
    if (before && gapRows > 0 && gapRows < LONGEST_GAP_ROWS && filledRows + gapRows <= MOST_FILLED_ROWS) {
      filledRows += gapRows;
      for (let t = before.t_ms + TIMELINE_ROW_MS; t < row.t_ms; t += TIMELINE_ROW_MS) {
        const filled = emptyRow(t, row.cohort);
        for (const level of LEVELS) filled[level] = before[level];
        yield filled;
      }
    }
    last.set(row.cohort, row);
    yield row;
  }
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

/** Rows that overlap `fromMs`..`toMs`; what is asked costs no more than them. Rows are sorted by time. */
export function rowsBetween(rows: readonly TimelineRow[], fromMs: number, toMs: number): TimelineRow[] {
  // A row that begins within its length before the first instant overlaps it, if by less than a microsecond not.
  return rows.slice(firstAt(rows, fromMs - TIMELINE_ROW_MS + 0.001), firstAt(rows, toMs));
}

/** Row times between them, empty ones too; 1 at least. */
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
  return rowsBetween(rows, fromMs, toMs).reduce((sum, row) => sum + row[column], 0);
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

/** Events per second, over all of it. */
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
  const inside = rowsBetween(rows, fromMs, toMs);
  let sum = 0;
  let best = 0;
  let oldest = 0;
  for (const [i, row] of inside.entries()) {
    sum += row[column];
    for (; (inside[oldest] as TimelineRow).t_ms <= row.t_ms - widthMs; oldest++) {
      sum -= (inside[oldest] as TimelineRow)[column];
    }
    // Several rows may stand at one time: the stretch ends with the last of them.
    if (inside[i + 1]?.t_ms !== row.t_ms) best = Math.max(best, sum);
  }
  return widthMs === 0 ? 0 : (best * 1000) / widthMs;
}
