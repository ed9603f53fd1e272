import type { WorkerStormCohort } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { bucketsOf } from "../run/histogram.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";

/** Percentiles over all devices that are due, in milliseconds; null: not reached, for not enough devices recovered. */
export interface RecoveryPercentiles {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

/** A point of the recovery curve: `share` of the devices that are due were ready `tMs` after they were cut. */
export interface RecoveryPoint {
  tMs: number;
  share: number;
}

/** Affected devices that are to come back: all but those that left because the script said so. */
export function devicesDue({
  affected,
  leftByScript,
}: Pick<WorkerStormCohort, "affected" | "leftByScript">): number {
  return affected - leftByScript;
}

/** Devices of the fleet that are to be ready when the window ends: all but those that left because the script said so. */
export function fleetDue({
  fleet,
  fleetLeftByScript,
}: Pick<WorkerStormCohort, "fleet" | "fleetLeftByScript">): number {
  return fleet - fleetLeftByScript;
}

/** Share of the devices that are due that were ready inside the window; null where none was due. */
export function recoveredShare(
  counts: Pick<WorkerStormCohort, "affected" | "leftByScript" | "recovered">,
): number | null {
  const due = devicesDue(counts);
  return due > 0 ? counts.recovered / due : null;
}

/** A device that has not recovered counts as infinitely slow, so it stands behind every rank of the histogram. */
export function recoveryPercentileMs(
  histogram: Histogram | undefined,
  due: number,
  percentile: number,
): number | null {
  return due > 0 ? valueAtRankMs(histogram, rankOf(percentile, due)) : null;
}

export function recoveryPercentiles(histogram: Histogram | undefined, due: number): RecoveryPercentiles {
  const at = (percentile: number): number | null => recoveryPercentileMs(histogram, due, percentile);
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}

/** The curve ends below 1 where not every device that was due recovered. */
export function recoveryCurve(histogram: Histogram | undefined, due: number): RecoveryPoint[] {
  if (histogram === undefined || due <= 0) return [];
  const points: RecoveryPoint[] = [];
  let ready = 0;
  for (const bucket of bucketsOf(histogram)) {
    ready += bucket.count;
    points.push({ tMs: bucket.highUs / 1000, share: ready / due });
  }
  return points;
}
