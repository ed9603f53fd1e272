import { parse } from "csv-parse/sync";
import { LIMITS } from "./limits.ts";

export interface CsvEnd {
  /** The last row has no line end, so its last field may be cut: it is left out. */
  truncated: boolean;
}

/** A quote is the first and the last character of its field, or doubled. csv-parse takes long over rows that are not so. */
const WELL_QUOTED = /^(?:[^",]*|"(?:[^"]|"")*")(?:,(?:[^",]*|"(?:[^"]|"")*"))*$/;

/** Rows with quotes are parsed so much at a time. */
const BLOCK_CHARS = 1024 * 1024;

/**
 * Rows of RFC 4180 text, whatever their number of fields: a run that was killed leaves what it leaves. A row that is
 * beyond `LIMITS`, or that has text behind a closing quote, is one without fields.
 *
 * Rows without a quote, which are nearly all, are split at commas: a million of them take a second instead of ten. All others
 * are csv-parse's, which has a limit for the text of a row but none for a row of commas: it only gets rows that are not too long.
 */
export function parseCsv(text: string, take: (fields: string[]) => void): CsvEnd {
  let quote = text.indexOf('"');
  let quoted: string[] = [];
  let quotedChars = 0;
  const takeQuoted = (): void => {
    if (quoted.length === 0) return;
    for (const fields of quotedRows(quoted)) take(fields);
    quoted = [];
    quotedChars = 0;
  };
  for (let at = 0; at < text.length; ) {
    if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
    const lineEnd = text.indexOf("\n", at);
    const isQuoted = quote !== -1 && (lineEnd === -1 || quote < lineEnd);
    const end = isQuoted ? quotedRowEnd(text, at) : lineEnd === -1 ? null : lineEnd;
    const isCut = end === null && (lineEnd === -1 || text.length - at <= LIMITS.rowChars);
    if (isCut) {
      takeQuoted();
      return { truncated: true };
    }
    const rowEnd = end ?? lineEnd;
    const row = text.slice(at, text[rowEnd - 1] === "\r" ? rowEnd - 1 : rowEnd);
    // Where a quote is not closed for so long, it may be that it should not be there.
    at = rowEnd + 1;
    const isTooLong = end === null || row.length > LIMITS.rowChars;
    if (isQuoted && !isTooLong && WELL_QUOTED.test(row)) {
      quoted.push(row);
      quotedChars += row.length;
      if (quotedChars >= BLOCK_CHARS) takeQuoted();
      continue;
    }
    takeQuoted();
    if (isTooLong || isQuoted) take([]);
    else if (row !== "") take(bounded(row.split(",", LIMITS.columns + 1)));
  }
  takeQuoted();
  return { truncated: false };
}

/** The first line end of the row at `from` that does not stand between quotes; null where there is none that near. */
function quotedRowEnd(text: string, from: number): number | null {
  const near = text.slice(from, from + LIMITS.rowChars);
  let end = near.indexOf("\n");
  for (let at = 0; ; ) {
    const open = near.indexOf('"', at);
    if (end !== -1 && (open === -1 || end < open)) return from + end;
    const close = open === -1 ? -1 : near.indexOf('"', open + 1);
    if (close === -1) return null;
    at = close + 1;
    if (end !== -1 && end < at) end = near.indexOf("\n", at);
  }
}

function quotedRows(rows: readonly string[]): string[][] {
  const parsed: string[][] = [];
  parse(rows.join("\n"), {
    record_delimiter: "\n",
    relax_column_count: true,
    on_record: (fields: string[]) => {
      parsed.push(bounded(fields));
      // A row that was taken is not kept by the parser as well.
      return null;
    },
  });
  return parsed;
}

function bounded(fields: string[]): string[] {
  return fields.length > LIMITS.columns ? [] : fields;
}
