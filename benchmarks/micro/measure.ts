import { setImmediate } from "node:timers/promises";
import { Bench } from "tinybench";
import { type Row, statistics } from "./rows.ts";
import type { Case, Table } from "./suite.ts";

export interface Effort {
  /** How long each case is measured, in milliseconds; at least `iterations` samples are taken. */
  timeMs: number;
  iterations: number;
  warmupIterations: number;
}

/** Turns of each case. */
const ROUNDS = 4;

/** Whatever the cases return ends here, where the compiler cannot know that nobody reads it. */
let sink = 0;

function work(one: Case): () => void | Promise<void> {
  if ("run" in one)
    return () => {
      sink += one.run();
    };
  return async () => {
    const value = await one.runAsync();
    sink += value;
  };
}

/** Times are in milliseconds; null where it was interrupted. */
async function samplesOf(
  one: Case,
  effort: Effort,
  round: number,
  signal: AbortSignal,
): Promise<readonly number[] | null> {
  const bench = new Bench({
    time: effort.timeMs / ROUNDS,
    iterations: Math.ceil(effort.iterations / ROUNDS),
    warmup: round === 0,
    warmupTime: effort.timeMs / 4,
    warmupIterations: effort.warmupIterations,
    retainSamples: true,
    throws: true,
    signal,
  });
  // Left to itself tinybench finds out what is async with a run of its own, for which nothing was prepared.
  const async = "runAsync" in one;
  const { prepare } = one;
  bench.add(one.name, work(one), prepare === undefined ? { async } : { async, beforeEach: () => prepare() });
  await bench.run();
  const result = bench.tasks[0]?.result;
  return result?.state === "completed" ? (result.latency.samples ?? null) : null;
}

function rowOf(table: Table, one: Case, samplesMs: readonly number[]): Row {
  const nsPerOperation = 1e6 / one.operations;
  return {
    table: table.title,
    name: one.name,
    operation: table.operation,
    ...statistics(samplesMs.map((ms) => ms * nsPerOperation)),
    samples: samplesMs.length,
  };
}

/**
 * The cases of a table take turns, so that a minute in which the machine is busy with something else falls on all of them
 * and not on one. Interrupted, it gives the rows that have a sample.
 */
export async function measure(
  table: Table,
  cases: readonly Case[],
  effort: Effort,
  signal: AbortSignal,
): Promise<Row[]> {
  const measured = cases.map((one) => ({ one, samplesMs: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { one, samplesMs } of measured) {
      // Measuring awaits only microtasks: Ctrl-C is heard here.
      await setImmediate();
      if (signal.aborted) break;
      // Samples are not spread into push: there may be more than arguments are allowed.
      for (const ms of (await samplesOf(one, effort, round, signal)) ?? []) samplesMs.push(ms);
      if (Number.isNaN(sink)) throw new Error(`${one.name} returned no number`);
    }
  }
  return measured
    .filter(({ samplesMs }) => samplesMs.length > 0)
    .map(({ one, samplesMs }) => rowOf(table, one, samplesMs));
}
