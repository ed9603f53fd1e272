import { SCHEMA_VERSION, type WorkerRecord } from "../contract.ts";
import type { Recorder } from "./recorder.ts";

/** What the recorder counts. */
type Recorded = "cohorts" | "counters" | "disconnects" | "errors";

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
  const byCohort = <T>(value: (cohort: number) => T): Record<string, T> =>
    Object.fromEntries(recorder.cohorts.map((name, cohort) => [name, value(cohort)]));
  return {
    schemaVersion: SCHEMA_VERSION,
    ...worker,
    cohorts: byCohort((cohort) => ({
      devices: devices[cohort] ?? 0,
      everOnline: recorder.counters(cohort).everOnline,
    })),
    storms,
    ...(regions === null ? {} : { regions }),
    counters: byCohort((cohort) => recorder.counters(cohort).counters),
    disconnects: byCohort((cohort) => recorder.counters(cohort).disconnects),
    errors: byCohort((cohort) => recorder.counters(cohort).errors),
    generator,
  };
}
