import { compare, type Row, ratio } from "./rows.ts";

/** Nanoseconds with three significant digits or more, in the unit that reads best. */
export function time(ns: number): string {
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  if (ns >= 1e4) return `${(ns / 1e3).toFixed(1)} us`;
  return `${ns.toFixed(ns < 100 ? 1 : 0)} ns`;
}

function ratioText(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(2)}x`;
}

/** Columns as wide as their widest cell; the first is text, the others are numbers. */
function align(cells: readonly string[][]): string {
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((line) => (line[i] ?? "").length)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** The rows of one table, with the ratio of medians to the first. */
export function tableText(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return "";
  const head = ["", "median", "mean", "op/s", "margin", "samples", "ratio"];
  const lines = rows.map((row) => [
    row.name,
    time(row.medianNs),
    time(row.meanNs),
    row.medianNs === 0 ? "-" : Math.round(1e9 / row.medianNs).toLocaleString("en"),
    `±${row.marginPercent.toFixed(1)} %`,
    String(row.samples),
    ratioText(ratio(row, first)),
  ]);
  return `${first.table} (per ${first.operation})\n${align([head, ...lines])}\n`;
}

/** What was measured now, against an earlier file: below 1 is faster now. */
export function comparisonText(now: readonly Row[], before: readonly Row[]): string {
  const { rows, missing } = compare(now, before);
  const lines = rows.map(({ row, before: old }) => [
    `${row.table}: ${row.name}`,
    old === null ? "new" : time(old.medianNs),
    time(row.medianNs),
    old === null ? "-" : ratioText(ratio(row, old)),
  ]);
  const gone = missing.map((row) => `not measured this time: ${row.table}: ${row.name}\n`).join("");
  return `${align([["", "before", "now", "now/before"], ...lines])}\n${gone}`;
}
