import { NAMED, type Named } from "../../engine/src/device/events.ts";
import { COHORTS, SharedRecorder } from "./shared-recorder.ts";
import { type Outcome, Simulation } from "./simulation.ts";
import { Violation } from "./violation.ts";

/** Counts over all cases. */
export interface Totals {
  cases: number;
  devices: number;
  events: number;
  connections: number;
  operations: number;
  storms: number;
  /** Names of all that was counted by name. */
  readonly names: Record<Named, Set<string>>;
}

function newTotals(): Totals {
  const names = Object.fromEntries(NAMED.map((table) => [table, new Set<string>()]));
  return {
    cases: 0,
    devices: 0,
    events: 0,
    connections: 0,
    operations: 0,
    storms: 0,
    names: names as Record<Named, Set<string>>,
  };
}

/** Runs one case. Throws for whatever must not happen; the message says how to see it again. */
export function simulateCase(
  seed: number,
  number: number,
  shared: SharedRecorder = new SharedRecorder(),
  trace: ((line: string) => void) | null = null,
): Outcome {
  Violation.first = null;
  try {
    return new Simulation(seed, number, shared, trace).run();
  } catch (error) {
    const { stack } = (Violation.first ?? error) as Error;
    const again = `npm run simulate -- --seed ${seed} --case ${number}`;
    throw new Violation(`simulation case ${number} of seed ${seed} (${again}): ${stack}`, { cause: error });
  }
}

/** Runs cases as long as `goesOn` says. Stops at the first violation, by throwing it. */
export function simulate(
  seed: number,
  goesOn: (totals: Totals) => boolean,
  hear: (outcome: Outcome) => void = () => {},
): Totals {
  const totals = newTotals();
  const shared = new SharedRecorder();
  while (goesOn(totals)) {
    const outcome = simulateCase(seed, totals.cases, shared);
    totals.cases++;
    totals.devices += outcome.devices;
    totals.events += outcome.events;
    totals.connections += outcome.connections;
    totals.operations += outcome.operations;
    totals.storms += outcome.storms;
    hear(outcome);
  }
  for (const cohort of COHORTS.keys()) {
    const counts = shared.recorder.counters(cohort);
    for (const table of NAMED) for (const name of Object.keys(counts[table])) totals.names[table].add(name);
  }
  return totals;
}
