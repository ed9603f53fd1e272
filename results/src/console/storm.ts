import { printable } from "artillery-engine-mqtt/contract";
import { lostTimeWords } from "../judge/limit-words.ts";
import { count, duration, ratio } from "../judge/number-words.ts";
import { unsaidPresence } from "../judge/presence-words.ts";
import { devicesDue } from "../judge/recovery.ts";
import { fateWords, sparedWords, spreadWords, stormWords, windowWords } from "../judge/storm-words.ts";
import type { StormFields, StormSummary } from "../judge/summary-schema.ts";
import { indented, shorten, table, WIDTH, wrap } from "./layout.ts";
import { stormMessageLines } from "./messages.ts";
import { regionTable } from "./regions.ts";
import { type Colours, verdictPaint, verdictWord } from "./verdict-word.ts";

const HEADER = ["50 %", "90 %", "99 %", "100 %", "reconnect", "connect", "config"];
const UNITS = ["ready", "ready", "ready", "ready", "p99", "per dev.", "per dev."];

/** One storm: headline, verdict, and a row per cohort. */
export function stormLines(storm: StormSummary, colours: Colours, isForecast: boolean): string[] {
  const what = `Storm ${storm.index}: ${stormWords(storm)} at ${duration(storm.at)}`;
  const spread = spreadWords(storm);
  const ofFleet = storm.fleet > storm.affected ? ` of ${count(storm.fleet)}` : "";
  const watched = `${count(storm.affected)}${ofFleet} devices affected${spread === "" ? "" : `, ${spread}`}; window ${windowWords(storm)}`;
  const lines = ["", colours.bold(`${what}: ${watched}`), ...verdictLines("", storm, colours, isForecast)];
  if (!storm.happened) return lines;
  const fates = fateWords(storm);
  const fateLines = fates.length > 0 ? wrap(`devices: ${fates.join("; ")}`, WIDTH - 2, "  ") : [];
  const said = [unsaidPresence(storm), sparedWords(storm)].filter((words) => words !== "");
  const told = [
    ...lines,
    ...said.flatMap((words) => wrap(words, WIDTH - 2, "  ").map(indented)),
    ...fateLines.map(indented),
  ];
  if (storm.affected === 0) return [...told, ...stormMessageLines(storm)];
  const cohorts = Object.entries(storm.cohorts).filter(([, cohort]) => cohort.affected > 0);
  const rows: [string, StormFields][] = cohorts.length > 1 ? [["all cohorts", storm], ...cohorts] : cohorts;
  const differing = cohorts.filter(([, cohort]) => cohort.verdict !== storm.verdict);
  return [
    ...told,
    ...(storm.stormFactor === null ? [] : [factorLine(storm.stormFactor)]),
    ...differing.flatMap(([name, cohort]) => verdictLines(name, cohort, colours, isForecast)),
    ...cohortTable(rows),
    ...clockLines(storm),
    ...limitLines(storm),
    ...stormMessageLines(storm),
    ...regionTable("region, in the window", storm.regions),
  ];
}

function factorLine(seconds: number): string {
  return `  storm factor at most ${duration(seconds * 1000)} (best connect rate before the storms, a lower bound of what is sustainable)`;
}

function verdictLines(cohort: string, storm: StormFields, colours: Colours, isForecast: boolean): string[] {
  const paint = verdictPaint(storm.verdict, colours);
  const word = verdictWord(storm.verdict, isForecast);
  const mark = storm.generatorSaturated ? " (generator saturated)" : "";
  const whose = cohort === "" ? "" : `${shorten(printable(cohort), 40)}: `;
  const [first = "", ...rest] = wrap(
    `${whose}${word}${mark}: ${printable(storm.verdictReason)}`,
    WIDTH - 2,
    "  ",
  );
  // Colour comes after wrapping, for escape codes have no width.
  const at = whose.length;
  const painted = first.slice(0, at) + paint(word) + first.slice(at + word.length);
  return [painted, ...rest].map(indented);
}

/** Times of the table begin when each device notices; these when the storm came. */
function clockLines({ readyFromStormMs: ready, reconnectFromStormMs: reconnect }: StormFields): string[] {
  if (ready === null || reconnect === null) return [];
  const times = `50 % ${duration(ready.p50)}, 90 % ${duration(ready.p90)}, 99 % ${duration(ready.p99)}, 100 % ${duration(ready.max)}`;
  const said = `times above: from each device's loss; from the storm's instant: ready ${times}; reconnect p99 ${duration(reconnect.p99)}`;
  return wrap(said, WIDTH - 2, "  ").map(indented);
}

function limitLines(storm: StormSummary): string[] {
  const lost = lostTimeWords(storm);
  const said = [
    ...(lost === "" ? [] : [`time lost: ${lost}`]),
    ...storm.limits.flatMap(({ evidence, action }) => [
      `limited by ${printable(evidence)}`,
      `  next: ${action}`,
    ]),
  ];
  return said.flatMap((line) => wrap(line, WIDTH - 2, line.startsWith(" ") ? "    " : "  ").map(indented));
}

/** Names stand in the first column if there is room, else each on a line of its own above its row. */
function cohortTable(rows: readonly [string, StormFields][]): string[] {
  const names = rows.map(([name]) => shorten(printable(name), WIDTH - 2));
  const cells = [
    ["recovered", ...HEADER],
    ["/ affected", ...UNITS],
    ...rows.map(([, cohort]) => cohortCells(cohort)),
  ];
  const inline = table(cells.map((row, i) => [["cohort", ""].concat(names)[i] ?? "", ...row]));
  if (inline.every((line) => line.length <= WIDTH)) return inline;
  const [header = "", units = "", ...body] = table(cells);
  return [header, units, ...body.flatMap((line, i) => [`  ${names[i]}`, line])];
}

function cohortCells(storm: StormFields): string[] {
  return [
    `${count(storm.recovered)} / ${count(devicesDue(storm))}`,
    duration(storm.readyMs.p50),
    duration(storm.readyMs.p90),
    duration(storm.readyMs.p99),
    duration(storm.readyMs.max),
    duration(storm.reconnectMs.p99),
    ratio(storm.amplification.connect),
    ratio(storm.amplification.config),
  ];
}
