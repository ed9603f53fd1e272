import type { ForecastAssumption } from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import { capital } from "../judge/capital.ts";
import { FORECAST } from "../judge/forecast-words.ts";
import { count, counted, duration, percent, percentReached } from "../judge/number-words.ts";
import { RUN_FILES } from "../run/file-names.ts";
import {
  type Asked,
  frontierSentences,
  loss,
  ownSentences,
  policyCount,
  unequalSentences,
} from "./conclusion.ts";
import { outcomeCells } from "./csv.ts";
import type { PolicyPoint } from "./finding.ts";
import { frontierOf } from "./frontier.ts";
import { type Outcome, recoversWithin } from "./outcome.ts";
import { loadPlot, lossPlot, policyPoints } from "./plot.ts";
import { type Column, outcomeColumns, type Row, wordColumn } from "./rows.ts";
import { type Sheet, sharedFacts, sheetTable } from "./sheet.ts";
import { failureWords } from "./words.ts";

/** Whole forecasts of one script, each with another share that is lost, another policy, or both. */
export interface SideBySide {
  /** The script's own name, without its folder. */
  script: string;
  /** Share of the affected devices that must be ready for `recovered`. 0..1 */
  target: number;
  devices: number;
  seed: number;
  /** What all of them have in common. */
  assumptions: ForecastAssumption[];
  /** The user ended it: what was known by then. */
  interrupted: boolean;
  /** So many were to be made. */
  planned: number;
  storms: ComparedStorm[];
}

/** One storm of the script, as each of the forecasts has it. */
export interface ComparedStorm {
  /** Counts from 1. */
  index: number;
  words: string;
  windowMs: number;
  points: ComparedPoint[];
}

export interface ComparedPoint extends PolicyPoint {
  /** Share that every storm that chooses devices chooses, 0..1; null for the script's own. */
  fraction: number | null;
  /** The directory of the forecast, below that of the table. */
  run: string;
}

/** A forecast, and what each of its storms came to. */
export interface Forecasted {
  fraction: number | null;
  policy: string;
  run: string;
  /** In the order of the script's storms. */
  outcomes: readonly Outcome[];
}

/** The points of one storm; the frontier is that of policies that met the same loss. */
export function pointsOf(forecasts: readonly Forecasted[], place: number): ComparedPoint[] {
  const points = forecasts.flatMap(({ fraction, policy, run, outcomes }) => {
    const outcome = outcomes[place];
    return outcome === undefined
      ? []
      : [{ fraction, policy, run, outcome, holds: recoversWithin(outcome, null), frontier: false }];
  });
  return [...byFraction(points).values()].flatMap((same) => {
    const isOn = frontierOf(
      same.map(({ holds, outcome }) =>
        holds && outcome.readyMs.target !== null
          ? { timeMs: outcome.readyMs.target, load: outcome.peak.connectsPerS }
          : null,
      ),
    );
    // Of one policy alone there is no frontier.
    return same.map((point, i) => ({ ...point, frontier: same.length > 1 && isOn[i] === true }));
  });
}

function byFraction<P extends { fraction: number | null }>(points: readonly P[]): Map<number | null, P[]> {
  return Map.groupBy(points, ({ fraction }) => fraction);
}

// ---- in words -------------------------------------------------------------------------------------------------------

export function sideBySideConclusion(compared: SideBySide): string[] {
  const { storms, target, interrupted } = compared;
  const sentences = storms.flatMap((storm) => {
    const asked: Asked = { target, withinMs: null, storm };
    const place = storms.length === 1 ? [] : [`Storm ${storm.index}`];
    if (hasPolicies(storm)) return policySentences(asked, storm, place);
    const sentence = lossSentence(asked, storm);
    return place.length === 0 ? capital(sentence) : at(place, sentence);
  });
  return interrupted
    ? [...sentences, "It was interrupted: what was not forecast by then is not known."]
    : sentences;
}

function hasPolicies({ points }: ComparedStorm): boolean {
  return new Set(points.map(({ policy }) => policy)).size > 1;
}

/** `Storm 1, 50 % lost: …` */
function at(places: readonly string[], sentence: string): string {
  return places.length === 0 ? sentence : `${places.join(", ")}: ${sentence}`;
}

/** @param place the storm, where there are several */
function policySentences(asked: Asked, { points }: ComparedStorm, place: readonly string[]): string[] {
  const groups = [...byFraction(points).values()];
  // The frontier stands in the table: with several losses its ends are enough.
  return groups.flatMap((same) => {
    const share = groups.length === 1 ? [] : [`${fractionWords(same[0]?.fraction ?? null)} lost`];
    const sentences = [
      policyCount(asked, same),
      ...unequalSentences(same),
      ...frontierSentences(asked, same).slice(0, groups.length === 1 ? 2 : 1),
      ...ownSentences(asked, same),
    ];
    return sentences.map((sentence) => at([...place, ...share], sentence));
  });
}

/** What of one policy recovers, by the devices that are lost at once. */
function lossSentence(asked: Asked, { points }: ComparedStorm): string {
  const ordered = [...points].sort((a, b) => a.outcome.affected - b.outcome.affected);
  const recovered = ordered.filter(({ holds }) => holds);
  const missed = ordered.filter(({ holds }) => !holds);
  const [most, least] = [recovered.at(-1), missed[0]];
  const share = percentReached(asked.target);
  if (ordered.length === 0) return "nothing was forecast to its end.";
  if (least === undefined) {
    const each = ordered.map(
      ({ outcome }) => `${duration(outcome.readyMs.target)} (${count(outcome.affected)} lost at once)`,
    );
    return `${ordered.length === 1 ? "it recovers" : "all recover"}: ${share} are ready after ${each.join(", ")}.`;
  }
  const fails = `${loss(least)}: ${failureWords(least.outcome, asked)}`;
  if (most === undefined) {
    return ordered.length === 1
      ? `it does not recover: ${fails}.`
      : `none recovers; the smallest loss is ${fails}.`;
  }
  return `the largest loss that recovers is ${loss(most)}, ${share} of them ready after ${duration(most.outcome.readyMs.target)}; the smallest that does not is ${fails}.`;
}

/** What a share is called; null is the script's own. */
export function fractionWords(fraction: number | null): string {
  return fraction === null ? "script's own" : percent(fraction);
}

// ---- as a sheet, and as files ---------------------------------------------------------------------------------------

type ComparedRow = Omit<Row, "value"> & Pick<ComparedPoint, "fraction" | "run">;

/** By the share that is lost; of one share, those that recover first, by the time that they take. */
function rowsOf({ points }: ComparedStorm): ComparedRow[] {
  const time = ({ outcome: { readyMs } }: ComparedRow): number => readyMs.target ?? Number.POSITIVE_INFINITY;
  return [...byFraction(points).values()].flatMap((same) =>
    same
      .map(({ fraction, policy, run, holds, frontier, outcome }): ComparedRow => {
        return { fraction, policy, run, holds, mark: frontier ? "frontier" : null, outcome };
      })
      .sort((a, b) => {
        const [x, y] = [time(a), time(b)];
        return Number(b.holds) - Number(a.holds) || (x === y ? 0 : x - y);
      }),
  );
}

function columnsOf({ storms, target }: SideBySide): Column<ComparedRow>[] {
  const points = storms.flatMap((storm) => storm.points);
  const fractions = byFraction(points).size > 1;
  const policies = storms.some(hasPolicies) || !fractions;
  return [
    ...(fractions ? [wordColumn<ComparedRow>("share", ({ fraction }) => fractionWords(fraction))] : []),
    ...(policies ? [wordColumn<ComparedRow>("policy", ({ policy }) => policy)] : []),
    ...outcomeColumns(target),
  ];
}

/** So many as were made. */
function titleOf({ interrupted, planned, storms }: SideBySide): string {
  if (planned === 1 && !interrupted) return "1 forecast";
  const made = Math.max(0, ...storms.map(({ points }) => points.length));
  return `${interrupted ? `${count(made)} of ` : ""}${counted(planned, "forecast")} side by side`;
}

export function sideBySideSheet(compared: SideBySide, conclusion: readonly string[]): Sheet {
  const { script, target, devices, seed, assumptions, interrupted, storms } = compared;
  const columns = columnsOf(compared);
  const heading = ({ index, words, windowMs }: ComparedStorm): string =>
    `Storm ${index} (${words}), window ${duration(windowMs)}`;
  return {
    title: titleOf(compared),
    script,
    asked: storms.length === 1 ? storms.map(heading).join("") : `${storms.length} storms, each below`,
    facts: [["Script", script], ...sharedFacts({ target, devices, seed })],
    interrupted,
    tables: storms.map((storm) =>
      sheetTable(
        storms.length === 1 ? "" : heading(storm),
        columns,
        rowsOf(storm),
        ({ run }) => `${run}/${RUN_FILES.report}`,
      ),
    ),
    conclusion,
    plots: storms.flatMap((storm) => plotsOf(storm, target, storms.length > 1)),
    assumptions,
    numbersIn: ["forecasts.json", "forecasts.csv"],
  };
}

function plotsOf(storm: ComparedStorm, target: number, isOneOfSeveral: boolean): Sheet["plots"] {
  const title = isOneOfSeveral ? `, storm ${storm.index}` : "";
  const frame = { id: `plot-storm-${storm.index}`, title, target, withinMs: null };
  if (!hasPolicies(storm)) {
    const points = storm.points.map(({ policy, holds, outcome }) => ({
      series: policy,
      x: Math.max(1, outcome.affected),
      timeMs: holds ? outcome.readyMs.target : null,
      name: null,
    }));
    return [lossPlot(frame, points) ?? []].flat();
  }
  const groups = [...byFraction(rowsOf(storm))];
  return groups.flatMap(([fraction, rows], i) => {
    const share = groups.length === 1 ? title : `${title}, ${fractionWords(fraction)} lost at once`;
    return loadPlot({ ...frame, id: `${frame.id}-${i + 1}`, title: share }, policyPoints(rows)) ?? [];
  });
}

/** `forecasts.csv`: a row for each storm of each forecast. An empty value is "not reached", or the script's own. */
export function sideBySideCsv({ storms, interrupted }: SideBySide): string {
  const lines = storms.flatMap(({ index, points }) =>
    points.map(({ fraction, policy, run, holds, frontier, outcome }) => ({
      kind: FORECAST,
      run,
      storm: index,
      fraction,
      policy,
      ...outcomeCells({ holds, mark: frontier ? "frontier" : null, outcome }),
      interrupted: interrupted ? "yes" : "no",
      reason: outcome.reason,
    })),
  );
  return stringify(lines, { header: true, escape_formulas: true });
}

/** `forecasts.json`: null is "not reached", no verdict, or the script's own. */
export function sideBySideJson(compared: SideBySide, conclusion: readonly string[]): string {
  return `${JSON.stringify({ schemaVersion: 1, kind: "forecast", ...compared, conclusion }, null, 2)}\n`;
}
