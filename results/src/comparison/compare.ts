import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeWhole } from "artillery-engine-mqtt/contract";
import { type Comparison, compareRounds } from "./comparison.ts";
import type { Contestant, RunningBroker } from "./contestant.ts";
import { CONTROL_VARIABLE, type Control, openControl } from "./control.ts";
import { comparisonCsv } from "./csv.ts";
import { machineFacts, softwareFacts } from "./machine.ts";
import { interleave } from "./order.ts";
import { renderComparison } from "./page.ts";
import { emptyRound, measuredRound, type Round } from "./round.ts";
import { maskedScript, runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-file.ts";

export interface CompareOptions {
  scenario: Scenario;
  contestants: readonly Contestant[];
  rounds: number;
  /** Name of the broker that ratios refer to. */
  reference: string;
  /** The comparison and the files of every run go here. */
  output: string;
  runTimeoutMs: number;
  signal: AbortSignal;
  progress(line: string): void;
}

export const COMPARISON_FILES = {
  json: "comparison.json",
  csv: "comparison.csv",
  page: "comparison.html",
} as const;

/** Runs every round and writes the files anew after each: what was measured stays, whatever happens next. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { scenario, contestants, rounds, output, signal, progress } = options;
  const startedAt = new Date().toISOString();
  const done: Round[] = [];
  let script: string | null = null;
  makeDirectory(output);
  const conclude = (complete: boolean): Comparison => {
    const comparison = compareRounds(
      done,
      contestants.map(({ facts }) => facts),
      {
        scenario: scenario.path,
        name: scenario.name,
        startedAt,
        endedAt: new Date().toISOString(),
        rounds,
        reference: options.reference,
        machine: machineFacts(),
        software: softwareFacts(),
        seed: scenario.seed,
        script: script ?? "not known: no run left its script",
        complete,
      },
    );
    writeWhole(join(output, COMPARISON_FILES.json), `${JSON.stringify(comparison, null, 2)}\n`);
    writeWhole(join(output, COMPARISON_FILES.csv), comparisonCsv(comparison));
    writeWhole(join(output, COMPARISON_FILES.page), renderComparison(comparison));
    return comparison;
  };
  const plan = interleave(contestants, rounds);
  for (const [i, { round, contestant }] of plan.entries()) {
    if (signal.aborted) break;
    const { name } = contestant.facts;
    progress(`round ${round} of ${rounds}, ${name} (${i + 1} of ${plan.length} runs)`);
    const directory = join(output, "runs", `${String(round).padStart(2, "0")}-${name}`);
    const result = await oneRound(contestant, round, directory, options);
    script ??= maskedScript(directory);
    done.push(result);
    progress(`  ${lineOf(result)}`);
    conclude(false);
  }
  return conclude(done.length === plan.length && !signal.aborted);
}

async function oneRound(
  contestant: Contestant,
  round: number,
  directory: string,
  options: CompareOptions,
): Promise<Round> {
  const { scenario, signal } = options;
  const { name } = contestant.facts;
  const cannot = contestant.cannot(scenario.needs);
  if (cannot !== null) return emptyRound(name, round, "not_applicable", cannot);
  let broker: RunningBroker;
  try {
    broker = await contestant.start(scenario.needs);
  } catch (error) {
    const outcome = signal.aborted ? "interrupted" : "failed_to_start";
    return emptyRound(name, round, outcome, (error as Error).message);
  }
  let control: Control | null = null;
  try {
    // What an earlier comparison left here is not this round's.
    rmSync(directory, { recursive: true, force: true });
    makeDirectory(directory);
    control = broker.restart === null ? null : await openControl(broker.restart);
    return await measure(broker, control, name, round, directory, options);
  } finally {
    await control?.close();
    await broker.stop();
  }
}

async function measure(
  broker: RunningBroker,
  control: Control | null,
  name: string,
  round: number,
  directory: string,
  { scenario, runTimeoutMs, signal }: CompareOptions,
): Promise<Round> {
  const log: string[] = [];
  const outcome = await runScenario(
    {
      script: scenario.path,
      url: broker.url,
      env: { ...broker.env, ...(control === null ? {} : { [CONTROL_VARIABLE]: control.url }) },
      directory,
      timeoutMs: runTimeoutMs,
      signal,
    },
    (text) => log.push(text),
  );
  writeWhole(join(directory, "artillery.log"), log.join(""));
  const usage = broker.usage();
  const death = broker.diedOf();
  if (signal.aborted) return { ...emptyRound(name, round, "interrupted", "interrupted"), usage };
  if (outcome.kind !== "measured") {
    const kind = outcome.kind === "refused" ? "refused" : "run_failed";
    return { ...emptyRound(name, round, death === null ? kind : "died", death ?? outcome.detail), usage };
  }
  const measured = measuredRound(name, round, outcome.summary, outcome.timeline, outcome.recovery, usage);
  // What its devices saw until then stands beside the sentence.
  return death === null ? measured : { ...measured, outcome: "died", detail: death };
}

function lineOf(round: Round): string {
  if (round.outcome !== "measured") return `${round.outcome}: ${round.detail ?? ""}`;
  const storms = round.phases.slice(1);
  const verdicts = storms.map(({ verdict }) => verdict ?? "no verdict").join(", ");
  return `${round.accepted} connects accepted, ${round.refused} refused${storms.length === 0 ? "" : `; ${verdicts}`}`;
}
