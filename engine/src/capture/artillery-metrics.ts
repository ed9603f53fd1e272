import type { RunEvents } from "../artillery.ts";
import { COUNTER_NAMES, COUNTERS, type CounterName } from "../contract.ts";
import type { Named } from "../device/events.ts";

/** Counters whose Artillery name takes a reason or a cause, and the table that has them. */
const SPLIT = {
  connectsRefused: "refused",
  disconnects: "disconnects",
  serverDisconnects: "serverDisconnects",
} as const satisfies Partial<Record<CounterName, Named>>;

interface Counted extends Record<Named, Record<string, number>> {
  counters: Record<CounterName, number>;
}

/**
 * Tells Artillery what the counters of all cohorts gained since the last time.
 *
 * @param emitted what Artillery has heard so far, by the name of its metric; kept here
 */
export function emitGains(
  cohorts: readonly Counted[],
  emitted: Map<string, number>,
  runEvents: RunEvents,
): void {
  for (const [name, total] of totals(cohorts)) {
    const gained = total - (emitted.get(name) ?? 0);
    if (gained === 0) continue;
    emitted.set(name, total);
    runEvents.emit("counter", name, gained);
  }
}

function totals(cohorts: readonly Counted[]): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, value: number): void => {
    sums.set(name, (sums.get(name) ?? 0) + value);
  };
  for (const counted of cohorts) {
    for (const name of COUNTER_NAMES) {
      if (!(name in SPLIT)) add(COUNTERS[name], counted.counters[name]);
    }
    for (const [counter, table] of Object.entries(SPLIT)) {
      for (const [name, value] of Object.entries(counted[table])) {
        add(`${COUNTERS[counter as CounterName]}.${name}`, value);
      }
    }
  }
  return sums;
}
