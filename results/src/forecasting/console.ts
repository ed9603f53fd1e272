import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { indented, table, WIDTH, wrap } from "../console/layout.ts";
import { FORECAST, FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import type { Finding } from "./finding.ts";
import { type Column, columnsOf, rowsOf } from "./rows.ts";
import { stormAsked, titleOf } from "./words.ts";

export interface ConsoleOptions {
  colour: boolean;
  /** Paths of what was written. */
  files: readonly string[];
}

/** The terminal's view of a finding. Renders it and computes nothing. */
export function consoleFinding(
  finding: Finding,
  conclusion: readonly string[],
  { colour, files }: ConsoleOptions,
): string {
  const colours = pc.createColors(colour);
  const { question } = finding;
  const columns = columnsOf(finding);
  const cells = rowsOf(finding).map((row) => columns.map((column) => printable(column.text(row))));
  return [
    "",
    colours.bold(`${FORECAST}: ${titleOf(finding)}`),
    ...paragraph(FORECAST_SENTENCE),
    ...paragraph(`${question.script}: ${stormAsked(question)}`),
    ...(finding.interrupted ? [colours.yellow("  interrupted: what was known until then")] : []),
    "",
    ...table([...headersOf(columns), ...cells]),
    "",
    ...conclusion.flatMap(paragraph),
    "",
    colours.bold("Assumptions of the forecasts"),
    ...question.assumptions.flatMap((one) =>
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

/** Two lines, broken at the last blank: a table of a terminal has no width to spare. */
function headersOf(columns: readonly Column[]): string[][] {
  const at = columns.map(({ header }) => header.lastIndexOf(" "));
  return [
    columns.map(({ header }, i) => header.slice(0, Math.max(0, at[i] ?? 0))),
    columns.map(({ header }, i) => header.slice((at[i] ?? -1) + 1)),
  ];
}

function paragraph(text: string): string[] {
  return wrap(printable(text), WIDTH - 2, "").map(indented);
}
