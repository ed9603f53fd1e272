import { TIMELINE_COLUMNS } from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import type { TimelineRow } from "../timeline.ts";

/** `timeline.csv`. Cohort names are user text: what a spreadsheet would run as a formula gets a leading quote. */
export function timelineCsv(rows: readonly TimelineRow[]): string {
  return stringify([...rows], { header: true, columns: [...TIMELINE_COLUMNS], escape_formulas: true });
}
