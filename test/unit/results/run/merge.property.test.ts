import { histogramTag, type WorkerRecord } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketsOf } from "../../../../results/src/run/histogram.ts";
import { type MergedRun, mergeRun } from "../../../../results/src/run/merge.ts";
import { emptyRow } from "../../../../results/src/run/timeline.ts";
import {
  counters,
  histogramOf,
  record,
  storm,
  stormCohort,
  TIME_ZERO_MS,
} from "../../../support/run-files.ts";
import { addedUp, type WorkerFiles } from "../../../support/synthetic-run.ts";

interface Event {
  worker: number;
  cohort: string;
  valueUs: number;
  row: number;
}

const events = fc.array(
  fc.record({
    worker: fc.nat(3),
    cohort: fc.constantFrom("one", "two, with comma", "constructor"),
    valueUs: fc.integer({ min: 1, max: 7_200_000_000 }),
    row: fc.nat(20),
  }),
  { minLength: 1, maxLength: 200 },
);

/** A worker that saw these events: each is a device that connected, was cut and was ready again. */
function workerOf(workerId: string, seen: readonly Event[]): WorkerFiles {
  const names = [...new Set(seen.map((event) => event.cohort))];
  const of = (name: string): Event[] => seen.filter((event) => event.cohort === name);
  const each = <Value>(make: (own: Event[]) => Value): Record<string, Value> =>
    Object.fromEntries(names.map((name) => [name, make(of(name))]));
  const own: WorkerRecord = record({
    workerId,
    cohorts: each(({ length }) => ({ devices: length, everOnline: length })),
    counters: each(({ length }) => counters({ connectAttempts: length })),
    disconnects: each(({ length }) => ({ storm: length })),
    errors: each(({ length }) => ({ tcp_refused: length })),
    storms: [storm({ cohorts: each(({ length }) => stormCohort({ affected: length, recovered: length })) })],
  });
  const timelineRows = names.flatMap((name) =>
    of(name).map((event) => ({ ...emptyRow(TIME_ZERO_MS + event.row * 100, name), connect_attempts: 1 })),
  );
  const tagged = names.map((name) => [
    histogramTag("mqtt.connect_time", name),
    histogramOf(of(name).map((event) => event.valueUs)),
  ]) as [string, ReturnType<typeof histogramOf>][];
  return { record: own, histograms: new Map(tagged), timelineRows };
}

/** Order does not count; rows without events are there or not depending on where a worker's timeline begins and ends. */
function comparable({ workers: _, histograms, timeline, storms, ...rest }: MergedRun): object {
  const sorted = <Value>(map: Map<string, Value>): [string, Value][] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    startedAtMs: rest.startedAtMs,
    timeZeroMs: rest.timeZeroMs,
    cohorts: sorted(rest.cohorts),
    counters: sorted(rest.counters),
    disconnects: sorted(rest.disconnects).map(([name, counts]) => [name, [...counts]]),
    errors: sorted(rest.errors).map(([name, counts]) => [name, [...counts]]),
    storms: storms.map(({ generators: _own, generatorsInWindow: _window, ...one }) => ({
      ...one,
      cohorts: sorted(one.cohorts),
    })),
    histograms: sorted(histograms).map(([tag, histogram]) => [tag, [...bucketsOf(histogram)]]),
    timeline: timeline.filter((row) => row.connect_attempts > 0),
  };
}

describe("merging", () => {
  it("of several workers equals one worker that saw everything, bucket by bucket", () => {
    fc.assert(
      fc.property(events, (all) => {
        const ids = [...new Set(all.map((event) => event.worker))];
        const apart = ids.map((id) =>
          workerOf(
            String(id),
            all.filter((event) => event.worker === id),
          ),
        );
        expect(comparable(mergeRun(addedUp(apart)))).toEqual(
          comparable(mergeRun(addedUp([workerOf("all", all)]))),
        );
      }),
      { numRuns: 50 },
    );
  });
});
