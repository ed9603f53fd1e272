import { TIMELINE_COLUMNS, type TimelineColumn } from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";

/** A line is made of so many parts that a million of them, unjoined, take half a gigabyte. */
const PIECE_LINES = 1000;

type CountColumn = Exclude<TimelineColumn, "t_ms" | "cohort">;
type Line = { t_ms: number; cohort: string } & Record<CountColumn, number>;

const COUNT_COLUMNS = TIMELINE_COLUMNS.filter(
  (column): column is CountColumn => column !== "t_ms" && column !== "cohort",
);

/**
 * `timeline.csv`. Cohort names are user text: what a spreadsheet would run as a formula gets a leading quote. They are
 * the only text, and few; of the numbers there may be millions, which need no escaping.
 */
export function timelineCsv(rows: readonly Line[]): string {
  const fields = new Map<string, string>();
  const pieces: string[] = [];
  let lines = [TIMELINE_COLUMNS.join(",")];
  for (const row of rows) {
    let cohort = fields.get(row.cohort);
    if (cohort === undefined) {
      cohort = stringify([[row.cohort]], { escape_formulas: true, eof: false });
      fields.set(row.cohort, cohort);
    }
    let line = `${row.t_ms},${cohort}`;
    for (const column of COUNT_COLUMNS) line += `,${row[column]}`;
    lines.push(line);
    if (lines.length < PIECE_LINES) continue;
    pieces.push(lines.join("\n"));
    lines = [];
  }
  return `${[...pieces, ...lines].join("\n")}\n`;
}
