import { LIMITS } from "../limits.ts";

export interface CsvEnd {
  /** The last row has no line end, so its last field may be cut: it is left out. */
  truncated: boolean;
}

/**
 * Rows of RFC 4180 text, whatever their number of fields: a run that was killed leaves what it leaves. A row that is
 * beyond `LIMITS`, or that has text behind a closing quote, is one without fields.
 *
 * Rows without a quote, which are nearly all, are split at commas: a million of them take a second instead of ten. csv-parse
 * has a limit for the text of a row, but none for a row of commas, and ends at the first row beyond it.
 */
export function parseCsv(text: string, take: (fields: string[]) => void): CsvEnd {
  let quote = text.indexOf('"');
  for (let at = 0; at < text.length; ) {
    if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
    const lineEnd = text.indexOf("\n", at);
    const isQuoted = quote !== -1 && (lineEnd === -1 || quote < lineEnd);
    const end = isQuoted ? quotedRowEnd(text, at) : lineEnd;
    const isCut = end === -1 && (lineEnd === -1 || text.length - at <= LIMITS.rowChars);
    if (isCut) return { truncated: true };
    const row = text.slice(at, text[end - 1] === "\r" ? end - 1 : end);
    // Where a quote is not closed for so long, it may be that it should not be there.
    at = (end === -1 ? lineEnd : end) + 1;
    if (end === -1 || row.length > LIMITS.rowChars) take([]);
    else if (row !== "") take(isQuoted ? quotedFields(row) : plainFields(row));
  }
  return { truncated: false };
}

/** Of the row at `from`: its first line end that does not stand between quotes; -1 where there is none that near. */
function quotedRowEnd(text: string, from: number): number {
  const near = text.slice(from, from + LIMITS.rowChars);
  let end = near.indexOf("\n");
  for (let at = 0; ; ) {
    const open = near.indexOf('"', at);
    if (end !== -1 && (open === -1 || end < open)) return from + end;
    const close = open === -1 ? -1 : near.indexOf('"', open + 1);
    if (close === -1) return -1;
    at = close + 1;
    if (end !== -1 && end < at) end = near.indexOf("\n", at);
  }
}

function plainFields(row: string): string[] {
  const fields = row.split(",", LIMITS.columns + 1);
  return fields.length > LIMITS.columns ? [] : fields;
}

function quotedFields(row: string): string[] {
  const fields: string[] = [];
  for (let at = 0; fields.length < LIMITS.columns; at++) {
    const isQuoted = row[at] === '"';
    const end = isQuoted ? closingQuote(row, at) + 1 : nextComma(row, at);
    // A quote inside of an unquoted field had closed this one.
    if (isQuoted && end === 0) return [];
    fields.push(isQuoted ? row.slice(at + 1, end - 1).replaceAll('""', '"') : row.slice(at, end));
    if (end === row.length) return fields;
    if (row[end] !== ",") return [];
    at = end;
  }
  return [];
}

/** Of the quote at `from`, -1 where there is none; a doubled one stands for itself. */
function closingQuote(row: string, from: number): number {
  let at = row.indexOf('"', from + 1);
  while (at !== -1 && row[at + 1] === '"') at = row.indexOf('"', at + 2);
  return at;
}

function nextComma(row: string, from: number): number {
  const at = row.indexOf(",", from);
  return at === -1 ? row.length : at;
}
