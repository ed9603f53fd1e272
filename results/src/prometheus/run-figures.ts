import type { WorkerFigures } from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { readHistograms } from "../run/read-histograms.ts";
import { RunBudget } from "../run/run-budget.ts";
import { BoundedNames } from "./bounded-names.ts";

/** Tables of counts by reason or cause, each with its own bound on the number of names. */
export const NAMED_TABLES = [
  "refused",
  "disconnects",
  "serverDisconnects",
  "stopped",
  "gaveUp",
  "errors",
] as const;
export type NamedTable = (typeof NAMED_TABLES)[number];

/** What one worker has told last, its names bounded. */
export interface WorkerNow extends Omit<WorkerFigures, "intervals" | NamedTable> {
  names: Record<NamedTable, Record<string, Record<string, number>>>;
}

/** What all workers of this process have counted. A worker that has ended keeps its counts, so that no sum ever goes down. */
export class RunFigures {
  readonly #workers = new Map<string, WorkerNow>();
  readonly #names = Object.fromEntries(NAMED_TABLES.map((table) => [table, new BoundedNames()])) as Record<
    NamedTable,
    BoundedNames
  >;
  readonly #timings = new Map<string, hdr.Histogram>();

  take({ intervals, refused, serverDisconnects, ...figures }: WorkerFigures): void {
    const { workerId, disconnects, stopped = {}, gaveUp = {}, errors } = figures.record;
    const tables = { refused, disconnects, serverDisconnects, stopped, gaveUp, errors };
    const names = Object.fromEntries(
      NAMED_TABLES.map((table) => [table, this.#names[table].bounded(tables[table])]),
    ) as WorkerNow["names"];
    const isRunning = figures.record.state === "running";
    this.#workers.set(workerId, { ...figures, ...(isRunning ? {} : { online: {}, ready: {} }), names });
    // The engine of this process wrote them a moment ago: what files of others need a bound for, this does not.
    if (intervals !== "") readHistograms(intervals, workerId, [], new RunBudget(), this.#timings);
  }

  /** All workers are over, however they ended: nobody is online any more. */
  end(): void {
    for (const [id, worker] of this.#workers) this.#workers.set(id, { ...worker, online: {}, ready: {} });
  }

  get workers(): Iterable<WorkerNow> {
    return this.#workers.values();
  }

  /** Everything that was timed so far, by the tag of its metric and cohort. */
  get timings(): ReadonlyMap<string, hdr.Histogram> {
    return this.#timings;
  }
}
