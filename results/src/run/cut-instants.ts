import type { WorkerRecord, WorkerStorm } from "artillery-engine-mqtt/contract";
import { type Clocks, onCommonClock } from "./clocks.ts";
import { highest, lowest } from "./highest-lowest.ts";

/** When one worker came to a storm, epoch milliseconds on the common clock. */
export interface CutInstant {
  record: WorkerRecord;
  storm: WorkerStorm;
  atMs: number;
}

/** When the workers came to the storms: but not to an `external` one, which begins in each worker for itself. */
export function cutInstants(records: readonly WorkerRecord[], clocks: Clocks): CutInstant[] {
  return records.flatMap((record) =>
    record.storms.flatMap((storm): CutInstant[] => {
      const { cause, startedAtMs } = storm;
      if (cause === "external" || startedAtMs === null) return [];
      return [{ record, storm, atMs: onCommonClock(clocks, record, startedAtMs) }];
    }),
  );
}

/** How much later than the first of its run a worker came to each storm, by the storm's index. */
export type CutDelays = ReadonlyMap<WorkerRecord, ReadonlyMap<number, number>>;

export function cutDelays(records: readonly WorkerRecord[], clocks: Clocks): CutDelays {
  const delays = new Map(records.map((record) => [record, new Map<number, number>()]));
  for (const same of byStorm(cutInstants(records, clocks))) {
    const firstMs = lowest(same.map(({ atMs }) => atMs)) as number;
    for (const { record, storm, atMs } of same) delays.get(record)?.set(storm.index, atMs - firstMs);
  }
  return delays;
}

/** Two containers whose devices were cut one after the other. */
export interface CutApart {
  first: string;
  last: string;
  ms: number;
}

/** The containers of one run that came to each storm the furthest apart, by the storm's index; none where there is one container. */
export function cutApart(records: readonly WorkerRecord[], clocks: Clocks): Map<number, CutApart> {
  const apart = new Map<number, CutApart>();
  for (const same of byStorm(cutInstants(records, clocks))) {
    const containers = [...Map.groupBy(same, ({ record }) => record.containerName)].map(
      ([container, all]) => ({
        container,
        atMs: lowest(all.map(({ atMs }) => atMs)) as number,
      }),
    );
    const [firstMs, lastMs] = [lowest(containers.map(instant)), highest(containers.map(instant))];
    const first = containers.find(({ atMs }) => atMs === firstMs);
    const last = containers.findLast(({ atMs }) => atMs === lastMs);
    const index = same[0]?.storm.index;
    if (!first || !last || index === undefined || first.container === last.container) continue;
    const ms = last.atMs - first.atMs;
    if (ms > (apart.get(index)?.ms ?? 0)) {
      apart.set(index, { first: first.container, last: last.container, ms });
    }
  }
  return apart;
}

function instant({ atMs }: { atMs: number }): number {
  return atMs;
}

function byStorm(instants: readonly CutInstant[]): CutInstant[][] {
  const key = ({ record, storm }: CutInstant): string => JSON.stringify([record.testRunId, storm.index]);
  return [...Map.groupBy(instants, key).values()];
}
