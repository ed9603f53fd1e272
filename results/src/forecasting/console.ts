import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { indented, table, WIDTH, wrap } from "../console/layout.ts";
import { FORECAST, FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import { LEGEND, type Sheet, type SheetTable } from "./sheet.ts";

export interface ConsoleOptions {
  colour: boolean;
  /** Paths of what was written. */
  files: readonly string[];
}

/** The terminal's view of what several forecasts come to. Renders it and computes nothing. */
export function consoleSheet(sheet: Sheet, { colour, files }: ConsoleOptions): string {
  const colours = pc.createColors(colour);
  return [
    "",
    colours.bold(`${FORECAST}: ${sheet.title}`),
    ...paragraph(FORECAST_SENTENCE),
    ...paragraph(`${sheet.script}: ${sheet.asked}`),
    ...(sheet.interrupted ? [colours.yellow("  interrupted: what was known until then")] : []),
    "",
    ...sheet.tables.flatMap((one) => [
      ...(one.heading === "" ? [] : [colours.bold(printable(one.heading))]),
      ...table([...headersOf(one), ...one.rows.map((cells) => cells.map(printable))], wordsOf(one)),
      "",
    ]),
    ...LEGEND.flatMap(paragraph),
    "",
    ...sheet.conclusion.flatMap(paragraph),
    "",
    colours.bold("Assumptions of the forecasts"),
    ...sheet.assumptions.flatMap((one) =>
      wrap(`${printable(one.name)}: ${printable(one.value)} (${sourceWords(one)})`, WIDTH - 2, "  ").map(
        indented,
      ),
    ),
    ...(files.length === 0
      ? []
      : ["", colours.bold("Files"), ...files.map((file) => indented(printable(file)))]),
    "",
  ].join("\n");
}

/** The first names the row, whatever it holds. */
function wordsOf({ columns }: SheetTable): number[] {
  return columns.flatMap(({ isWords }, place) => (isWords || place === 0 ? [place] : []));
}

/** Two lines, broken at the last blank: a table of a terminal has no width to spare. */
function headersOf({ columns }: SheetTable): string[][] {
  const at = columns.map(({ header }) => header.lastIndexOf(" "));
  return [
    columns.map(({ header }, i) => header.slice(0, Math.max(0, at[i] ?? 0))),
    columns.map(({ header }, i) => header.slice((at[i] ?? -1) + 1)),
  ];
}

function paragraph(text: string): string[] {
  return wrap(printable(text), WIDTH - 2, "").map(indented);
}
