import { PERCENTILE_COLUMNS } from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import type { PercentileRow } from "../judge/percentile-table.ts";

type Line = Record<(typeof PERCENTILE_COLUMNS)[number], string | number | null>;

/** `percentiles.csv`. The whole fleet has an empty cohort, a percentile that was not reached an empty value. */
export function percentilesCsv(rows: readonly PercentileRow[]): string {
  const lines = rows.map(({ valueMs, ...row }): Line => ({ ...row, value_ms: valueMs }));
  return stringify(lines, { header: true, columns: [...PERCENTILE_COLUMNS], escape_formulas: true });
}
