import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { shorten, table } from "../console/layout.ts";
import { type Colours, verdictPaint, verdictWord } from "../console/verdict-word.ts";
import { count, ratio } from "../judge/number-words.ts";
import type { DiffRow, RunDiff, RunFacts, StormDiff } from "./diff.ts";
import { diffValue } from "./diff-value.ts";
import type { SlowerResult } from "./slower.ts";
import { slowerSentence, slowerVerdict } from "./slower-words.ts";

/** Two runs side by side. Renders the difference and computes nothing. */
export function consoleDiff(diff: RunDiff, options: { colour: boolean }): string {
  const colours = pc.createColors(options.colour);
  return [
    "",
    colours.bold("Mass reconnect: B against A"),
    runLine("A", diff.a),
    runLine("B", diff.b),
    ...diff.warnings.map((warning) => colours.yellow(`  ${printable(warning)}`)),
    ...diff.storms.flatMap((storm) => stormLines(storm, diff, colours)),
    ...(diff.service.length > 0
      ? ["", colours.bold("Service times of what succeeded"), ...rowTable(diff.service, "both", "-")]
      : []),
    ...(diff.slower === null ? [] : slowerLines(diff.slower, colours)),
    "",
  ].join("\n");
}

function runLine(name: string, run: RunFacts): string {
  const when = `${run.startedAt.slice(0, 19).replace("T", " ")} UTC`;
  if (run.isForecast)
    return `  ${name}  FORECAST ${printable(run.testRunId)}: ${count(run.devices)} devices, ${printable(run.target)}`;
  return `  ${name}  ${printable(run.testRunId)}: ${count(run.devices)} devices, ${printable(run.target)}, ${when}`;
}

function stormLines(storm: StormDiff, diff: RunDiff, colours: Colours): string[] {
  const { a, b } = storm.what;
  const what = a === b || b === null ? (a ?? "") : a === null ? b : `${a} in A, ${b} in B`;
  const whose = storm.cohort === null ? "all cohorts" : `cohort ${shorten(printable(storm.cohort), 60)}`;
  const verdicts = (["a", "b"] as const)
    .map((side) => `${side.toUpperCase()} ${verdictOf(storm, side, diff[side].isForecast, colours)}`)
    .join(", ");
  return [
    "",
    `${colours.bold(`Storm ${storm.storm}: ${what}, ${whose}`)}: ${verdicts}`,
    ...rowTable(storm.rows, storm.in, "not reached"),
  ];
}

function verdictOf(storm: StormDiff, side: "a" | "b", isForecast: boolean, colours: Colours): string {
  if (storm.in !== "both" && storm.in !== side) return "has no such storm or cohort";
  const verdict = storm.verdict[side];
  const absence = storm.absence[side];
  const why = absence === null ? "" : ` (${absence})`;
  const mark = verdict !== null && storm.generatorSaturated[side] ? " (generator saturated)" : why;
  return `${verdictPaint(verdict, colours)(verdictWord(verdict, isForecast))}${mark}`;
}

/** @param noTime what is said of a time that is null */
function rowTable(rows: readonly DiffRow[], side: StormDiff["in"], noTime: string): string[] {
  return table([
    ["", "A", "B", "B / A"],
    ...rows.map((row) => [
      row.name,
      diffValue(row, "a", side, noTime),
      diffValue(row, "b", side, noTime),
      ratio(row.ratio),
    ]),
  ]);
}

function slowerLines(slower: SlowerResult, colours: Colours): string[] {
  const paint = slower.exit.code === 0 ? colours.green : colours.red;
  const slowerChecks = slower.checks.filter(({ outcome }) => outcome === "slower");
  return [
    "",
    paint(colours.bold(slowerVerdict(slower))),
    ...slowerChecks.map((check) => `  ${slowerSentence(check)}`),
    ...slower.notCompared.map((why) => colours.yellow(`  not compared: ${printable(why)}`)),
    ...slower.onlyInB.map((what) => `  not compared: ${printable(what)}, nothing to hold it against`),
  ];
}
