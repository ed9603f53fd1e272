import type { RunEvents } from "../artillery.ts";
import {
  COUNTER_NAMES,
  COUNTERS,
  type CounterName,
  LOST_MESSAGES,
  MESSAGE_COUNTER_NAMES,
  MESSAGE_COUNTERS,
  type WorkerMessages,
} from "../contract.ts";
import type { Named } from "../device/events.ts";

/** Counters that Artillery hears of by reason or cause too, and the table that has these. */
const SPLIT = {
  connectsRefused: "refused",
  disconnects: "disconnects",
  serverDisconnects: "serverDisconnects",
  devicesStopped: "stopped",
  devicesGaveUp: "gaveUp",
} as const satisfies Partial<Record<CounterName, Named>>;

interface Counted extends Record<Named, Record<string, number>> {
  counters: Record<CounterName, number>;
}

/**
 * Tells Artillery what the counters of all cohorts gained since the last time. It hears of each once with 0: a check of a counter
 * that does not exist fails.
 *
 * @param emitted what Artillery has heard so far, by the name of its metric; kept here
 * @param expected names by reason that exist from the start
 */
export function emitGains(
  cohorts: readonly Counted[],
  emitted: Map<string, number>,
  runEvents: RunEvents,
  expected: readonly string[],
): void {
  for (const name of expected) if (!emitted.has(name)) emitGain(name, 0, emitted, runEvents);
  for (const [name, total] of totals(cohorts)) emitGain(name, total, emitted, runEvents);
}

/** The same of tracked messages. */
export function emitMessageGains(
  cohorts: Record<string, WorkerMessages>,
  emitted: Map<string, number>,
  runEvents: RunEvents,
): void {
  const counts = Object.values(cohorts);
  const sum = (of: (one: WorkerMessages) => number): number => counts.reduce((n, one) => n + of(one), 0);
  for (const name of MESSAGE_COUNTER_NAMES)
    emitGain(
      MESSAGE_COUNTERS[name],
      sum((one) => one[name]),
      emitted,
      runEvents,
    );
  emitGain(
    LOST_MESSAGES,
    sum(({ missed, filled }) => missed - filled),
    emitted,
    runEvents,
  );
}

/** A counter is there from the first time on, at 0 too. */
function emitGain(name: string, total: number, emitted: Map<string, number>, runEvents: RunEvents): void {
  const before = emitted.get(name);
  if (total === before) return;
  emitted.set(name, total);
  runEvents.emit("counter", name, total - (before ?? 0));
}

function totals(cohorts: readonly Counted[]): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, value: number): void => {
    sums.set(name, (sums.get(name) ?? 0) + value);
  };
  for (const counted of cohorts) {
    for (const name of COUNTER_NAMES) add(COUNTERS[name], counted.counters[name]);
    for (const [counter, table] of Object.entries(SPLIT)) {
      for (const [name, value] of Object.entries(counted[table])) {
        add(`${COUNTERS[counter as CounterName]}.${name}`, value);
      }
    }
  }
  return sums;
}
