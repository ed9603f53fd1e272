import { SCHEMA_VERSION, type WorkerRecord } from "../contract.ts";
import type { CohortCounts, Recorder } from "./recorder.ts";

/** What the recorder counts. */
type Recorded = "cohorts" | "counters" | "disconnects" | "stopped" | "gaveUp" | "errors" | "messages";

/** What a worker knows of itself beside what its recorder has counted. */
export interface WorkerFacts extends Omit<WorkerRecord, "schemaVersion" | "regions" | Recorded> {
  /** Devices that were started so far, by cohort. */
  devices: readonly number[];
  /** Counts by region; null where the script has one target. */
  regions: NonNullable<WorkerRecord["regions"]> | null;
}

/** `worker-<id>.json`: what was counted so far, by the names of the cohorts. */
export function workerRecord(recorder: Recorder, facts: WorkerFacts): WorkerRecord {
  const { devices, storms, regions, generator, ...worker } = facts;
  const counted = recorder.cohorts.map((_, cohort) => recorder.counters(cohort));
  const byCohort = <T>(value: (counts: CohortCounts, cohort: number) => T): Record<string, T> =>
    Object.fromEntries(counted.map((counts, cohort) => [recorder.cohorts[cohort], value(counts, cohort)]));
  return {
    schemaVersion: SCHEMA_VERSION,
    ...worker,
    cohorts: byCohort(({ everOnline }, cohort) => ({ devices: devices[cohort] ?? 0, everOnline })),
    storms,
    ...(regions === null ? {} : { regions }),
    ...(recorder.messages === null ? {} : { messages: recorder.messages.read(0) }),
    counters: byCohort(({ counters }) => counters),
    stopped: byCohort(({ stopped }) => stopped),
    gaveUp: byCohort(({ gaveUp }) => gaveUp),
    disconnects: byCohort(({ disconnects }) => disconnects),
    errors: byCohort(({ errors }) => errors),
    generator,
  };
}
