import type { WorkerRecord, WorkerStorm } from "artillery-engine-mqtt/contract";
import { firstSentences } from "./first-sentences.ts";
import { sharedContainers } from "./shared-containers.ts";
import { sharedIds } from "./shared-ids.ts";

/** At most so many are named where files are there twice. */
const MOST_COPIES = 20;

/** Why these workers cannot be added up; empty where they can. */
export function mergeObstacles(records: readonly WorkerRecord[]): string[] {
  return [
    ...firstSentences(copies(records), MOST_COPIES, "copies"),
    ...sharedContainers(records),
    ...sharedIds(records),
    ...differentStorms(records),
    ...partlyForecast(records),
  ];
}

/** A sum of what was measured and what was not is neither. */
function partlyForecast(records: readonly WorkerRecord[]): string[] {
  const [forecast] = records.filter((record) => record.forecast !== undefined);
  const [measured] = records.filter((record) => record.forecast === undefined);
  if (forecast === undefined || measured === undefined) return [];
  return [`run ${forecast.testRunId} is a forecast, and run ${measured.testRunId} was measured`];
}

function copies(records: readonly WorkerRecord[]): string[] {
  const seen = new Set<string>();
  const twice = records.filter(({ testRunId, workerId, startedAtMs }) => {
    const key = JSON.stringify([testRunId, workerId, startedAtMs]);
    return seen.has(key) || !seen.add(key);
  });
  return twice.map((one) => `worker ${one.workerId} of run ${one.testRunId} is there twice: a copy?`);
}

function differentStorms(records: readonly WorkerRecord[]): string[] {
  const storms = Map.groupBy(
    records.flatMap((record) => record.storms.map((storm) => ({ storm, testRunId: record.testRunId }))),
    ({ storm }) => storm.index,
  );
  return [...storms.values()].flatMap((same) => {
    const shapes = new Map(same.map((one) => [stormShape(one.storm), one]));
    const [a, b] = [...shapes.values()];
    if (!a || !b) return [];
    const text = (one: typeof a): string => `${stormShape(one.storm)} in run ${one.testRunId}`;
    return [`storm ${a.storm.index} is ${text(a)}, but ${text(b)}: different scripts`];
  });
}

function stormShape({
  cause,
  fraction,
  region,
  onlyCohorts,
  overMs,
  outage,
  atMs,
  windowMs,
}: WorkerStorm): string {
  const share = region ?? fraction;
  const whose = onlyCohorts === undefined ? "" : ` of ${onlyCohorts.join(", ")}`;
  const over = overMs === undefined ? "" : ` over ${overMs} ms`;
  const lacking = outage === undefined ? "" : ` without ${outage.of} for ${outage.forMs} ms`;
  return `${share === null ? cause : `${cause} of ${share}`}${whose}${over}${lacking} at ${atMs} ms for ${windowMs} ms`;
}
