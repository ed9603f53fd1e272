import type { WorkerFigures, WorkerRecord } from "../contract.ts";
import type { Recorder } from "./recorder.ts";

/**
 * What a worker tells while the run goes on.
 *
 * @param intervals what it has just flushed of its histograms
 */
export function workerFigures(recorder: Recorder, record: WorkerRecord, intervals: string): WorkerFigures {
  const { cohorts, timeline } = recorder;
  const byCohort = <T>(value: (cohort: number) => T): Record<string, T> =>
    Object.fromEntries(cohorts.map((name, cohort) => [name, value(cohort)]));
  return {
    record,
    online: byCohort((cohort) => timeline.onlineOf(cohort)),
    ready: byCohort((cohort) => timeline.readyOf(cohort)),
    refused: byCohort((cohort) => recorder.counters(cohort).refused),
    serverDisconnects: byCohort((cohort) => recorder.counters(cohort).serverDisconnects),
    intervals,
  };
}
