import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import { firstSentences } from "./first-sentences.ts";
import { getOrAdd } from "./get-or-add.ts";

/** So many pairs are said, and so many are looked for at all: of ten thousand runs there may be fifty million. */
const SAID_PAIRS = 5;
const MOST_PAIRS = 1000;

/** Processes that gave the same client ids to their devices at the same time: each took the other's sessions. */
export function sharedIds(records: readonly WorkerRecord[]): string[] {
  // One that ended as it began had no time to take anything.
  const byIds = Map.groupBy(
    records.filter((one) => one.clientIds !== null && one.startedAtMs < one.updatedAtMs),
    ({ clientIds, target }) => JSON.stringify([clientIds, target]),
  );
  const found = new Set<string>();
  for (const same of [...byIds.values()].flatMap(byNumbers)) {
    const [{ clientIds, target }] = same as [WorkerRecord];
    for (const who of pairsAtOneTime(same)) {
      found.add(
        `${who} gave their devices the same client ids (${clientIds} …) at ${target} at the same time: each took the other's sessions; give one of them a clientIdPrefix, or, where both are parts of one fleet, another MQTT_FLEET_INDEX, and run them again`,
      );
      if (found.size === MOST_PAIRS) return firstSentences([...found], SAID_PAIRS, "pairs of runs at least");
    }
  }
  return firstSentences([...found], SAID_PAIRS, "pairs of runs");
}

/** Containers of fleets on as many containers have other numbers, unless it is the same one of them. */
function byNumbers(records: readonly WorkerRecord[]): WorkerRecord[][] {
  const [of, ...others] = new Set(records.map(({ container }) => container?.of));
  if (of === undefined || others.length > 0) return [[...records]];
  return [...Map.groupBy(records, ({ container }) => container?.ordinal).values()];
}

/** Runs that overlap, and workers of one run and name that do; the same ones again for each of their workers. */
function* pairsAtOneTime(records: readonly WorkerRecord[]): Generator<string> {
  const byStart = records.toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.updatedAtMs - b.updatedAtMs);
  const byEnd = records.toSorted((a, b) => a.updatedAtMs - b.updatedAtMs);
  const places = new Map(records.toReversed().map(({ testRunId }, i) => [testRunId, -i]));
  // Workers that have begun and not ended, by run and name.
  const active = new Map<string, Map<string, number>>();
  const change = ({ testRunId, workerId }: WorkerRecord, by: 1 | -1): void => {
    const workers = getOrAdd(active, testRunId, () => new Map<string, number>());
    const left = (workers.get(workerId) ?? 0) + by;
    if (left === 0) workers.delete(workerId);
    else workers.set(workerId, left);
    if (workers.size === 0) active.delete(testRunId);
  };
  let ended = 0;
  for (const record of byStart) {
    const { testRunId, workerId, startedAtMs } = record;
    for (let last = byEnd[ended]; last && last.updatedAtMs <= startedAtMs; last = byEnd[++ended])
      change(last, -1);
    // The worker threads of one process share its ids out among themselves.
    if (active.get(testRunId)?.has(workerId)) yield `two workers ${workerId} of run ${testRunId}`;
    for (const other of active.keys()) {
      if (other === testRunId) continue;
      const isFirst = (places.get(other) ?? 0) < (places.get(testRunId) ?? 0);
      yield isFirst ? `run ${other} and run ${testRunId}` : `run ${testRunId} and run ${other}`;
    }
    change(record, 1);
  }
}
