import type { ForecastAssumption } from "artillery-engine-mqtt/contract";
import { counted, percentReached } from "../judge/number-words.ts";
import type { Figure } from "../report/figure.ts";
import type { Finding } from "./finding.ts";
import { plotOf } from "./plot.ts";
import { type Column, columnsOf, rowsOf } from "./rows.ts";
import { stormAsked, titleOf } from "./words.ts";

/** What several forecasts come to, as the terminal and a page show it. */
export interface Sheet {
  title: string;
  /** The script's own name, without its folder. */
  script: string;
  /** What was asked of all of them, in a line. */
  asked: string;
  facts: [name: string, value: string][];
  interrupted: boolean;
  tables: SheetTable[];
  conclusion: readonly string[];
  plots: readonly Figure[];
  assumptions: readonly ForecastAssumption[];
  /** Names of the files that hold the same numbers. */
  numbersIn: readonly [json: string, csv: string];
}

export interface SheetTable {
  /** Empty where there is one alone. */
  heading: string;
  columns: { header: string; isWords: boolean }[];
  rows: string[][];
  /** The page of each row's own run, from that of the sheet; empty where the forecasts were not kept. */
  links: string[];
}

/** What the columns mean, in one sentence each. */
export const LEGEND: readonly string[] = [
  "ready: from the loss until that share of the devices that were lost is back and at work.",
  "peak: the highest mean over one second inside the storm's window. connects per device: attempts of a device that was lost until it was ready.",
];

export function sheetTable<R>(
  heading: string,
  columns: readonly Column<R>[],
  rows: readonly R[],
  link: ((row: R) => string) | null = null,
): SheetTable {
  return {
    heading,
    columns: columns.map(({ header, isWords }) => ({ header, isWords })),
    rows: rows.map((row) => columns.map((column) => column.text(row))),
    links: link === null ? [] : rows.map(link),
  };
}

export function sheetOf(finding: Finding, conclusion: readonly string[]): Sheet {
  const { question } = finding;
  const plot = plotOf(finding);
  return {
    title: titleOf(finding),
    script: question.script,
    asked: stormAsked(question),
    facts: [["Script", question.script], ["Asked", stormAsked(question)], ...sharedFacts(question)],
    interrupted: finding.interrupted,
    tables: [sheetTable("", columnsOf(finding), rowsOf(finding))],
    conclusion,
    plots: plot === null ? [] : [plot],
    assumptions: question.assumptions,
    numbersIn: ["find.json", "find.csv"],
  };
}

export function sharedFacts({
  target,
  devices,
  seed,
}: {
  target: number;
  devices: number;
  seed: number;
}): [string, string][] {
  return [
    ["Target", `${percentReached(target)} of the affected devices ready`],
    ["Fleet of the script", counted(devices, "device")],
    ["Seed", String(seed)],
  ];
}
