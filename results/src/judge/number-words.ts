import type pc from "picocolors";
import { highest } from "../run/highest-lowest.ts";
import type { Verdict } from "./verdict.ts";

/** Of a line of the summary, at most. */
export const WIDTH = 108;

export type Colours = ReturnType<typeof pc.createColors>;

/** A verdict's word and how it is painted; null is none. */
export function verdictWord(verdict: Verdict | null): string {
  return verdict?.toUpperCase() ?? "NO VERDICT";
}

export function verdictPaint(verdict: Verdict | null, colours: Colours): (text: string) => string {
  if (verdict === "recovered") return colours.green;
  return verdict === null || verdict === "recovering" ? colours.yellow : colours.red;
}

/** Milliseconds for people: three digits, and a unit that fits. */
export function duration(ms: number | null): string {
  if (ms === null) return "not reached";
  // 999.6 ms is a second in three digits.
  if (ms < 999.5) return `${Number(ms.toPrecision(ms < 1 ? 2 : 3))} ms`;
  return `${ms < 100_000 ? Number((ms / 1000).toPrecision(3)) : Math.round(ms / 1000)} s`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function ratio(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(2)}x`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Scenario names are user text. */
export { printable, printableLines } from "artillery-engine-mqtt/contract";

/** JSON escapes line breaks and its kind only; what else a terminal obeys is escaped too, and the value stays the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Columns as wide as their widest cell, the first aligned left, the others right; every line indented by two. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => highest(rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

export function indented(line: string): string {
  return `  ${line}`;
}

/** Breaks between words; the lines after the first are indented. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
