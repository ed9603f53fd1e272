import { TIMELINE_COLUMNS, type TimelineColumn } from "artillery-engine-mqtt/contract";

export type TimelineValue = Exclude<TimelineColumn, "t_ms" | "cohort">;
export const TIMELINE_VALUES: readonly TimelineValue[] = TIMELINE_COLUMNS.filter(
  (column): column is TimelineValue => column !== "t_ms" && column !== "cohort",
);

/** One row of a timeline; `t_ms` is since the epoch in a worker's, since the fleet's time zero in a merged one. */
export type TimelineRow = { t_ms: number; cohort: string } & Record<TimelineValue, number>;

/** Levels at the end of a row; all other values count events within it. */
export const LEVELS: readonly TimelineValue[] = ["online", "ready"];

const NONE = Object.fromEntries(TIMELINE_VALUES.map((value) => [value, 0])) as Record<TimelineValue, number>;

export function emptyRow(t_ms: number, cohort: string): TimelineRow {
  return { t_ms, cohort, ...NONE };
}
