import type { WorkerContainer, WorkerRecord } from "artillery-engine-mqtt/contract";
import { firstSentences } from "./first-sentences.ts";

/** So many are named. */
const MOST_NAMED = 5;

/** Containers of one run whose numbers of devices are not what they should be: some devices are there twice, or no fleet is. */
export function sharedContainers(records: readonly WorkerRecord[]): string[] {
  const numbered = records.flatMap((record) =>
    record.container === undefined ? [] : [{ record, container: record.container }],
  );
  const runs = Map.groupBy(numbered, ({ record }) => record.testRunId);
  const found = [...runs].flatMap(([run, members]) => [
    ...differentCounts(run, members),
    ...[...Map.groupBy(members, ({ container: { ordinal, of } }) => `${ordinal} of ${of}`)].flatMap(
      ([which, same]) => twoAtOnce(run, which, same),
    ),
  ]);
  return firstSentences(found, MOST_NAMED, "containers");
}

interface Member {
  record: WorkerRecord;
  container: WorkerContainer;
}

function differentCounts(run: string, members: readonly Member[]): string[] {
  const counts = [...new Set(members.map(({ container }) => container.of))].sort((a, b) => a - b);
  if (counts.length < 2) return [];
  return [
    `containers of run ${run} were started as parts of fleets on ${counts.join(" and ")} containers: give all of them the same MQTT_FLEET_CONTAINERS, and run them again`,
  ];
}

/** A container that comes back is another process too, but not at the same time. */
function twoAtOnce(run: string, which: string, same: readonly Member[]): string[] {
  const processes = [...Map.groupBy(same, ({ container }) => container.process).values()]
    .map((members) => ({
      fromMs: Math.min(...members.map(({ record }) => record.startedAtMs)),
      toMs: Math.max(...members.map(({ record }) => record.updatedAtMs)),
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
  const isOverlap = processes.some(({ fromMs }, i) => i > 0 && fromMs < (processes[i - 1]?.toMs ?? 0));
  if (!isOverlap) return [];
  return [
    `two processes of run ${run} were container ${which} (counted from 0) at the same time, so that their devices had the same ids: give each its own MQTT_FLEET_INDEX, and run them again`,
  ];
}
