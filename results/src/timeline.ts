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
    if (before && (row.t_ms - before.t_ms) / TIMELINE_ROW_MS <= LONGEST_GAP_ROWS) {
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

/** Sums of one column over the given rows, one number per row time that overlaps `fromMs`..`toMs`, empty ones as 0. */
export function series(
  rows: readonly TimelineRow[],
  column: TimelineValue,
  fromMs: number,
  toMs: number,
): number[] {
  const grid = rows[0]?.t_ms ?? 0;
  const first = Math.floor((fromMs - grid) / TIMELINE_ROW_MS);
  const slots = new Array<number>(Math.max(1, Math.ceil((toMs - grid) / TIMELINE_ROW_MS) - first)).fill(0);
  for (const row of rows) {
    const slot = Math.round((row.t_ms - grid) / TIMELINE_ROW_MS) - first;
    if (slot >= 0 && slot < slots.length) slots[slot] = (slots[slot] ?? 0) + row[column];
  }
  return slots;
}

/** Events per second, over all of it. */
export function meanPerS(slots: readonly number[]): number {
  const sum = slots.reduce((total, count) => total + count, 0);
  return slots.length === 0 ? 0 : (sum * 1000) / (slots.length * TIMELINE_ROW_MS);
}

/** Highest mean of any whole second (of all of it, if that is less than a second). */
export function peakPerS(slots: readonly number[]): number {
  return bestMeanPerS(slots, 1000);
}

/** Highest mean over any stretch of that length (over all of it, if it is shorter). */
export function bestMeanPerS(slots: readonly number[], stretchMs: number): number {
  const width = Math.min(slots.length, Math.round(stretchMs / TIMELINE_ROW_MS));
  if (width === 0) return 0;
  let sum = 0;
  let best = 0;
  for (const [i, count] of slots.entries()) {
    sum += count - (i >= width ? (slots[i - width] as number) : 0);
    if (i >= width - 1) best = Math.max(best, sum);
  }
  return (best * 1000) / (width * TIMELINE_ROW_MS);
}
