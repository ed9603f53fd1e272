import { parse } from "csv-parse/sync";

export interface CsvEnd {
  /** The last row has no line end, so its last field may be cut: it is left out. */
  truncated: boolean;
}

/** Rows of RFC 4180 text, whatever their number of fields: a run that was killed leaves what it leaves. */
export function parseCsv(text: string, take: (fields: string[]) => void): CsvEnd {
  let unclosedQuote = false;
  // A row is known to be whole when the next one is there.
  let last: string[] | null = null;
  parse(text, {
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_record: (fields: string[]) => {
      if (last !== null) take(last);
      last = fields;
      // Not kept: of a million rows the fields take more room than all the rest.
      return null;
    },
    on_skip: (error) => {
      if (error?.code === "CSV_QUOTE_NOT_CLOSED") unclosedQuote = true;
    },
  });
  const truncated = unclosedQuote || (text !== "" && !text.endsWith("\n"));
  if (last !== null && (unclosedQuote || !truncated)) take(last);
  return { truncated };
}
