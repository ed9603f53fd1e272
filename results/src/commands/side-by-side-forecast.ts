import { basename, join, relative, resolve } from "node:path";
import type { ForecastAssumption } from "artillery-engine-mqtt/contract";
import type { ForecastOptions, PreparedForecast } from "artillery-engine-mqtt/forecast";
import { consoleSheet } from "../forecasting/console.ts";
import { outcomeOf, recoversWithin } from "../forecasting/outcome.ts";
import { renderSheet } from "../forecasting/page.ts";
import { type Candidate, candidatesOf, ownPolicyName } from "../forecasting/policies.ts";
import {
  type Forecasted,
  fractionWords,
  pointsOf,
  type SideBySide,
  sideBySideConclusion,
  sideBySideCsv,
  sideBySideJson,
  sideBySideSheet,
} from "../forecasting/side-by-side.ts";
import { withReconnect } from "../forecasting/variants.ts";
import { outcomeWords } from "../forecasting/words.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { type FindOptions, gridOf, namesOf } from "./find-options.ts";
import { sayTried } from "./find-trials.ts";
import { type Engine, refusable } from "./forecast-engine.ts";
import { forecastRun, writeForecastResults } from "./forecast-run.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io } from "./io.ts";
import { nextActionText } from "./next-action-text.ts";
import { plannedWords } from "./planned-words.ts";
import { forecastId, type LoadedScript } from "./script-to-forecast.ts";
import { makeOrRefuse, writeTexts } from "./write-texts.ts";

/** What is asked of each of them alike. */
export type Shared = Omit<ForecastOptions, "fraction">;

export interface SideBySideAsked {
  /** The script's name, and that of its file. */
  name: string;
  file: string;
  script: LoadedScript;
  /** Empty for the script's own. */
  fractions: readonly number[];
  policies: Pick<FindOptions, "policy" | "base" | "cap">;
  shared: Shared;
  output: string;
}

/** One of the forecasts: what differs, and what it is made of. */
interface Column {
  fraction: number | null;
  candidate: Candidate;
  script: LoadedScript;
  options: ForecastOptions;
  prepared: PreparedForecast;
  run: string;
}

/**
 * Whole forecasts of one script beside each other, each a run of its own in a directory below that of the table. Returns the exit
 * code.
 */
export async function runSideBySide(asked: SideBySideAsked, engine: Engine, io: Io): Promise<number> {
  const { name, script, fractions, policies, shared, output } = asked;
  const columns = columnsOf(asked, engine);
  const directory = resolve(
    output,
    forecastId(name, script, { fractions, policies, ...shared }, "forecasts"),
  );
  makeOrRefuse(directory);
  const made: { forecasted: Forecasted; summary: Summary }[] = [];
  const problems: string[] = [];
  const { result: interrupted, signalCode } = await interruptible(async (signal) => {
    for (const { fraction, candidate, run, prepared, ...own } of columns) {
      if (signal.aborted) return true;
      const testRunId = forecastId(name, own.script, { ...own.options, sample: prepared.sample });
      const results = await forecastRun(prepared, {
        engine,
        script: own.script,
        directory: join(directory, run),
        testRunId,
        signal,
        io,
      });
      problems.push(...writeForecastResults(join(directory, run), results).problems);
      if (!results.isComplete) return true;
      const { run: merged, summary } = results;
      const outcomes = summary.storms.map(({ index }) => outcomeOf(merged, summary, index, prepared));
      made.push({ forecasted: { fraction, policy: candidate.name, run, outcomes }, summary });
      const words = outcomes.map((one) => outcomeWords(one, recoversWithin(one, null))).join(", ");
      sayTried(io, made.length, columns.length, `${labelOf(fraction, candidate.name)}: ${words}`);
    }
    return false;
  });
  const compared = comparedOf(asked, columns, made, interrupted);
  const conclusion = sideBySideConclusion(compared);
  const sheet = sideBySideSheet(compared, conclusion);
  const written = writeTexts(directory, {
    "forecasts.csv": sideBySideCsv(compared),
    "forecasts.html": renderSheet(sheet),
    "forecasts.json": sideBySideJson(compared, conclusion),
  });
  const runs = made.map(({ forecasted }) => relative(process.cwd(), join(directory, forecasted.run)));
  io.out(`${consoleSheet(sheet, { colour: io.colour, files: [...written.paths, ...runs] })}\n`);
  const summaries = made.map(({ summary }) => summary);
  const [first] = columns;
  if (first !== undefined) io.out(nextActionText(first.prepared, shared, summaries, io));
  problems.push(...written.problems);
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  if (signalCode !== null) {
    io.err("interrupted: what is known up to here was kept\n");
    return signalCode;
  }
  return exitCodeOf(summaries);
}

/** A gate holds for each of them; a loss that one policy cannot be judged for does not keep the others from it. */
function exitCodeOf(summaries: readonly Summary[]): number {
  const codes = summaries.map(({ exit }) => exit.code);
  if (codes.includes(EXIT_CODES.gate.code)) return EXIT_CODES.gate.code;
  return codes.find((code) => code !== EXIT_CODES.ok.code && codes.every((one) => one === code)) ?? 0;
}

/** All are prepared before the first is made: what is refused is refused at once. */
function columnsOf({ script, fractions, policies, shared }: SideBySideAsked, engine: Engine): Column[] {
  const own = refusable(engine, () => engine.prepareForecast(script, shared));
  const candidates = candidatesOf(
    namesOf(policies),
    { policies: engine.BACKOFF_POLICIES, presets: engine.PRESET_NAMES },
    gridOf(policies),
    ownPolicyName(own.plan.cohorts.map(({ client }) => engine.clientRecord(client))),
  );
  const losses = fractions.length === 0 ? [null] : fractions;
  return losses.flatMap((fraction) =>
    candidates.map((candidate) => {
      const variant = candidate.reconnect === null ? script : withReconnect(script, candidate.reconnect);
      const options = { ...shared, ...(fraction === null ? {} : { fraction }) };
      const prepared = refusable(engine, () => engine.prepareForecast(variant, options));
      const parts = [
        ...(losses.length === 1 ? [] : [`fraction-${fraction}`]),
        ...(candidates.length === 1 && losses.length > 1 ? [] : [folderName(candidate)]),
      ];
      return { fraction, candidate, script: variant, options, prepared, run: parts.join("-") };
    }),
  );
}

/** `full-jitter-1-s-to-30-s`; the script's own is `script`. */
function folderName({ name, reconnect }: Candidate): string {
  return reconnect === null ? "script" : name.replace(/[^\w.]+/g, "-");
}

function labelOf(fraction: number | null, policy: string): string {
  return fraction === null ? policy : `${fractionWords(fraction)} lost, ${policy}`;
}

function comparedOf(
  { file, fractions, shared }: SideBySideAsked,
  columns: readonly Column[],
  made: readonly { forecasted: Forecasted; summary: Summary }[],
  interrupted: boolean,
): SideBySide {
  const [first] = columns;
  if (first === undefined) throw new RangeError("nothing is to be forecast");
  const { plan, devices, sample, assumptions } = first.prepared;
  const forecasts = made.map(({ forecasted }) => forecasted);
  const isVaried = fractions.length > 1;
  return {
    script: basename(file),
    target: made[0]?.summary.recoveryTarget ?? 1,
    devices: sample?.of ?? devices,
    seed: shared.seed ?? plan.settings.seed,
    assumptions: [
      ...(isVaried ? [comparedAssumption("fraction", fractions.join(", "))] : []),
      ...(columns.some(({ candidate }) => candidate.reconnect !== null)
        ? [comparedAssumption("back-off", "as in the table")]
        : []),
      ...assumptions.filter(({ name }) => !(isVaried && name === "fraction")),
    ],
    interrupted,
    planned: columns.length,
    storms: plan.storms.map((storm, place) => ({
      index: storm.index,
      words: plannedWords(plan, storm, isVaried ? null : storm.fraction),
      windowMs: storm.windowMs,
      points: pointsOf(forecasts, place),
    })),
  };
}

function comparedAssumption(name: string, value: string): ForecastAssumption {
  return { name, value: `compared: ${value}`, source: "option" };
}
