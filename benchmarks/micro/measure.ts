import { setImmediate } from "node:timers/promises";
import { Bench } from "tinybench";
import type { Row } from "./rows.ts";
import type { Case, Table } from "./suite.ts";

export interface Effort {
  /** Per case, in milliseconds; at least `iterations` samples are taken. */
  timeMs: number;
  iterations: number;
  warmupIterations: number;
}

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

/** Rows of one table, each handed over as soon as it is measured; stops between cases when `signal` aborts. */
export async function measure(
  table: Table,
  cases: readonly Case[],
  effort: Effort,
  signal: AbortSignal,
  onRow: (row: Row) => void,
): Promise<void> {
  for (const one of cases) {
    // Measuring awaits only microtasks: Ctrl-C is heard here.
    await setImmediate();
    if (signal.aborted) return;
    const bench = new Bench({
      time: effort.timeMs,
      iterations: effort.iterations,
      warmupTime: effort.timeMs / 4,
      warmupIterations: effort.warmupIterations,
      throws: true,
      signal,
    });
    // Left to itself tinybench finds out what is async with a run of its own, for which nothing was prepared.
    const async = "runAsync" in one;
    const { prepare } = one;
    bench.add(
      one.name,
      work(one),
      prepare === undefined ? { async } : { async, beforeEach: () => prepare() },
    );
    await bench.run();
    const result = bench.tasks[0]?.result;
    if (result?.state !== "completed") return;
    const { latency } = result;
    const nsPerOperation = 1e6 / one.operations;
    onRow({
      table: table.title,
      name: one.name,
      operation: table.operation,
      medianNs: latency.p50 * nsPerOperation,
      meanNs: latency.mean * nsPerOperation,
      marginPercent: latency.rme,
      samples: latency.samplesCount,
    });
    if (Number.isNaN(sink)) throw new Error(`${one.name} returned no number`);
  }
}
