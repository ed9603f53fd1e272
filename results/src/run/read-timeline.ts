import { LATER_TIMELINE_EVENTS, TIMELINE_COLUMNS, type TimelineColumn } from "artillery-engine-mqtt/contract";
import { LIMITS } from "./limits.ts";
import { parseCsv } from "./parse-csv.ts";
import { beyond, RunBudget } from "./run-budget.ts";
import { emptyRow, TIMELINE_VALUES, type TimelineRow } from "./timeline.ts";

function isLater(column: TimelineColumn): boolean {
  return (LATER_TIMELINE_EVENTS as readonly string[]).includes(column);
}

/** Rows of a timeline as they stand in it. */
export function readTimeline(
  text: string,
  name: string,
  problems: string[],
  budget: RunBudget = new RunBudget(),
): TimelineRow[] {
  const read: TimelineRow[] = [];
  const skipped = { damaged: 0, cohorts: 0, rows: 0 };
  let take: ((fields: string[]) => TimelineRow | keyof typeof skipped) | null = null;
  let unknown: TimelineColumn[] = [];
  const { truncated } = parseCsv(text, (fields) => {
    if (take === null) {
      unknown = TIMELINE_COLUMNS.filter((column) => !fields.includes(column) && !isLater(column));
      take = unknown.length > 0 ? () => "damaged" : rowReader(fields, budget);
      return;
    }
    const row = read.length < LIMITS.run.rows ? take(fields) : "rows";
    if (typeof row === "string") skipped[row]++;
    else read.push(row);
  });
  if (take === null) unknown = TIMELINE_COLUMNS.filter((column) => !isLater(column));
  if (unknown.length > 0) {
    problems.push(`${name} has no column ${unknown.join(", ")}; it was skipped`);
    return [];
  }
  if (truncated) skipped.damaged++;
  if (skipped.damaged > 0) problems.push(`${name}: ${counted(skipped.damaged, "damaged row")} skipped`);
  for (const kind of ["cohorts", "rows"] as const) {
    if (skipped[kind] > 0)
      problems.push(`${name}: ${counted(skipped[kind], "row")} left out: ${beyond(kind)}`);
  }
  return read;
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n > 1 ? "s were" : " was"}`;
}

/** Reads rows under this header, or says why not. */
function rowReader(
  header: readonly string[],
  budget: RunBudget,
): (fields: readonly string[]) => TimelineRow | "damaged" | "cohorts" {
  const timeAt = header.indexOf("t_ms");
  const cohortAt = header.indexOf("cohort");
  const values = TIMELINE_VALUES.flatMap((value) => {
    const at = header.indexOf(value);
    return at === -1 ? [] : [{ value, at }];
  });
  return (fields) => {
    const named = fields[cohortAt] ?? "";
    if (fields.length !== header.length || named.length > LIMITS.nameChars) return "damaged";
    const row = emptyRow(Number(fields[timeAt]), named);
    if (!Number.isSafeInteger(row.t_ms)) return "damaged";
    for (const { value, at } of values) {
      // An empty field is no zero.
      row[value] = Number(fields[at] || Number.NaN);
      if (!Number.isFinite(row[value])) return "damaged";
    }
    const cohort = budget.cohort(named);
    if (cohort === null) return "cohorts";
    row.cohort = cohort;
    return row;
  };
}
