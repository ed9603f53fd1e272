import type { WorkerRecord } from "artillery-engine-mqtt/contract";

const RECENT_MS = 10_000;

/** Failures of all workers and cohorts by name. */
export function totalErrors(records: readonly Pick<WorkerRecord, "errors">[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { errors } of records)
    for (const byName of Object.values(errors))
      for (const [name, n] of Object.entries(byName)) totals.set(name, (totals.get(name) ?? 0) + n);
  return totals;
}

/** How often each failure came lately. */
export class RecentErrors {
  #seen: { atMs: number; totals: ReadonlyMap<string, number> }[] = [];

  /** @returns by how much each total grew within ten seconds */
  note(atMs: number, totals: ReadonlyMap<string, number>): Map<string, number> {
    this.#seen = [...this.#seen.filter((one) => one.atMs >= atMs - RECENT_MS), { atMs, totals }];
    const before = this.#seen[0]?.totals;
    return new Map([...totals].map(([name, n]) => [name, Math.max(0, n - (before?.get(name) ?? 0))]));
  }
}
