import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { table } from "../console/layout.ts";
import type { Comparison, PhaseRow, Value } from "./comparison.ts";
import { placeSentence } from "./ranking-words.ts";
import { ratioWords, spreadWords, verdictWords } from "./words.ts";

/** Columns of the terminal's table; all others stand in comparison.html and comparison.csv. */
const PHASE_COLUMNS = [
  "ready 50 %",
  "ready 90 %",
  "ready 99 %",
  "ready 100 %",
  "connects reached",
  "connects per device",
];
const RUN_COLUMNS = [
  "connect p99",
  "subscribe p99",
  "config request p99",
  "errors",
  "broker CPU",
  "broker peak memory",
];

/** The terminal's view of a comparison. Renders it and computes nothing. */
export function consoleComparison(comparison: Comparison, options: { colour: boolean }): string {
  const colours = pc.createColors(options.colour);
  const { disclosure, brokers } = comparison;
  const phases = [...new Set(brokers.flatMap(({ phases }) => phases.map(({ phase }) => phase)))];
  const several = brokers.some(({ broker }) => broker !== disclosure.reference);
  return [
    "",
    colours.bold(`Brokers compared: ${printable(disclosure.name)}`),
    `  ${disclosure.rounds} round${disclosure.rounds === 1 ? "" : "s"}; median (lowest..highest)${several ? `; x: ratio to ${printable(disclosure.reference)} in the same round` : ""}`,
    ...(disclosure.complete ? [] : [colours.yellow("  interrupted: what was measured until then")]),
    ...rankingLines(comparison),
    ...phases.flatMap((phase) => ["", colours.bold(`  ${phase}`), ...phaseTable(comparison, phase)]),
    "",
    colours.bold("  whole run"),
    ...indent(
      table([
        ["broker", ...RUN_COLUMNS],
        ...brokers.map(({ broker, values }) => [printable(broker), ...cells(values, RUN_COLUMNS)]),
      ]),
    ),
    ...sheddingLines(comparison),
    ...failureLines(comparison, colours.yellow),
    "",
  ].join("\n");
}

function rankingLines({ ranking }: Comparison): string[] {
  const { places, unranked } = ranking;
  const ranked = places.map(
    (place) => `    ${place.rank}. ${printable(place.title)}: ${printable(placeSentence(place, ranking))}`,
  );
  const others = unranked.map(({ title, why }) => `    not ranked: ${printable(title)}: ${printable(why)}`);
  return ranked.length + others.length < 2 ? [] : ["", "  ranking", ...ranked, ...others];
}

function phaseTable({ brokers, disclosure }: Comparison, phase: string): string[] {
  const rows = brokers.flatMap(({ broker, phases }) => {
    const row = phases.find((one) => one.phase === phase);
    return row === undefined
      ? []
      : [
          [
            printable(broker),
            verdictOf(row),
            ...cells(row.values, PHASE_COLUMNS),
            ratioOf(row, broker === disclosure.reference),
          ],
        ];
  });
  return indent(table([["broker", "verdict", ...PHASE_COLUMNS, "x ready 99 %"], ...rows]));
}

function verdictOf(row: PhaseRow): string {
  return `${verdictWords(row.verdicts)}${row.generatorSaturated > 0 ? " *" : ""}`;
}

function ratioOf(row: PhaseRow, isReference: boolean): string {
  const value = row.values.find(({ name }) => name === "ready 99 %");
  return isReference ? "1" : value === undefined ? "-" : ratioWords(value);
}

function cells(values: readonly Value[], names: readonly string[]): string[] {
  return names.map((name) => {
    const value = values.find((one) => one.name === name);
    return value === undefined ? "-" : spreadWords(value.unit, value.spread);
  });
}

/** What devices saw where a broker let them wait or turned them away. */
function sheddingLines({ brokers }: Comparison): string[] {
  const lines = brokers.flatMap(({ broker, errors }) => {
    const seen = Object.entries(errors).map(([name, spread]) => `${name} ${spreadWords("count", spread)}`);
    return seen.length === 0 ? [] : [`    ${printable(broker)}: ${seen.map(printable).join(", ")}`];
  });
  return lines.length === 0 ? [] : ["", "  what devices saw go wrong, per round", ...lines];
}

function failureLines({ brokers }: Comparison, mark: (text: string) => string): string[] {
  const saturated = brokers.some(({ phases }) =>
    phases.some(({ generatorSaturated }) => generatorSaturated > 0),
  );
  const failures = brokers.flatMap(({ broker, failures: own }) =>
    own.map((line) => mark(`    ${printable(broker)}: ${printable(line)}`)),
  );
  return [
    ...(failures.length === 0 ? [] : ["", "  rounds without figures", ...failures]),
    ...(saturated ? ["", "  * the load generator itself was a bottleneck in at least one round"] : []),
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
