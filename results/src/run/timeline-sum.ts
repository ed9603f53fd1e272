import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import { getOrAdd } from "./get-or-add.ts";
import type { RunBudget } from "./run-budget.ts";
import { emptyRow, LEVELS, TIMELINE_VALUES, type TimelineRow } from "./timeline.ts";

/** A worker that wrote no row for so long has lost its clock, not its devices: the levels are not carried further. */
const LONGEST_GAP_ROWS = 6000;

/** Rows of several workers, summed by cohort and time as they come: those of each would be a hundred times as many. */
export class TimelineSum {
  readonly #byCohort = new Map<string, Map<number, TimelineRow>>();

  /**
   * Takes over the rows of one worker, with one row for every time between its first and last, per cohort. Where a row is
   * missing the devices were still there, so the last levels hold; else the fleet would seem to shrink when a worker
   * stutters.
   *
   * @returns how many rows found no room, and how many stay missing for want of it
   */
  addWorker(rows: readonly TimelineRow[], budget: RunBudget): { leftOut: number; missing: number } {
    const last = new Map<string, TimelineRow>();
    let leftOut = 0;
    let missing = 0;
    const add = (row: TimelineRow): void => {
      if (!this.add(row, budget)) leftOut++;
    };
    for (const row of byTime(rows)) {
      const before = last.get(row.cohort);
      last.set(row.cohort, row);
      if (before?.t_ms === row.t_ms) {
        add(again(row, before));
        continue;
      }
      const gapRows = before === undefined ? 0 : Math.ceil((row.t_ms - before.t_ms) / TIMELINE_ROW_MS) - 1;
      if (before && gapRows > 0 && gapRows < LONGEST_GAP_ROWS) {
        if (budget.take("filledRows", gapRows)) fill(before, row.t_ms, add);
        else missing += gapRows;
      }
      add(row);
    }
    return { leftOut, missing };
  }

  /** Returns false where there was no room for it. */
  add(row: TimelineRow, budget: RunBudget | null): boolean {
    const rows = getOrAdd(this.#byCohort, row.cohort, () => new Map<number, TimelineRow>());
    const sum = rows.get(row.t_ms);
    if (sum === undefined) {
      if (budget !== null && !budget.takeRow()) return false;
      rows.set(row.t_ms, row);
      return true;
    }
    for (const value of TIMELINE_VALUES) sum[value] += row[value];
    return true;
  }

  /** Hands its rows over, by cohort, and has none afterwards: a million of them are not to be there twice. */
  takeRows(): TimelineRow[] {
    const taken: TimelineRow[] = [];
    for (const rows of this.#byCohort.values()) for (const row of rows.values()) taken.push(row);
    this.#byCohort.clear();
    return taken;
  }
}

/** Takes the rows of several runs, and counts those of each from its own zero; the result is sorted. */
export function mergeTimelines(parts: readonly { sum: TimelineSum; zeroMs: number }[]): TimelineRow[] {
  const runs = parts.map(({ sum, zeroMs }) => {
    const rows = sum.takeRows();
    for (const row of rows) row.t_ms -= zeroMs;
    return rows;
  });
  const [only = []] = runs;
  return (runs.length > 1 ? added(runs) : only).sort(
    (a, b) => a.t_ms - b.t_ms || (a.cohort < b.cohort ? -1 : 1),
  );
}

function added(runs: readonly TimelineRow[][]): TimelineRow[] {
  const all = new TimelineSum();
  for (const rows of runs) for (const row of rows) all.add(row, null);
  return all.takeRows();
}

function byTime(rows: readonly TimelineRow[]): readonly TimelineRow[] {
  const isSorted = rows.every((row, i) => i === 0 || (rows[i - 1] as TimelineRow).t_ms <= row.t_ms);
  return isSorted ? rows : [...rows].sort((a, b) => a.t_ms - b.t_ms);
}

/** The same row came twice: its events add up, its level is not a second fleet. */
function again(row: TimelineRow, before: TimelineRow): TimelineRow {
  const copy = { ...row };
  for (const level of LEVELS) copy[level] = row[level] - before[level];
  return copy;
}

function fill(before: TimelineRow, toMs: number, add: (row: TimelineRow) => void): void {
  for (let t = before.t_ms + TIMELINE_ROW_MS; t < toMs; t += TIMELINE_ROW_MS) {
    const filled = emptyRow(t, before.cohort);
    for (const level of LEVELS) filled[level] = before[level];
    add(filled);
  }
}
