import { parse } from "csv-parse/sync";

export interface CsvText {
  rows: string[][];
  /** The last row has no line end, so its last field may be cut: it is left out. */
  truncated: boolean;
}

/** Rows of RFC 4180 text, whatever their number of fields: a run that was killed leaves what it leaves. */
export function parseCsv(text: string): CsvText {
  let unclosedQuote = false;
  const rows: string[][] = parse(text, {
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error?.code === "CSV_QUOTE_NOT_CLOSED") unclosedQuote = true;
    },
  });
  if (unclosedQuote) return { rows, truncated: true };
  const truncated = text !== "" && !text.endsWith("\n");
  return { rows: truncated ? rows.slice(0, -1) : rows, truncated };
}
