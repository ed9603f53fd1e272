import { histogramTag, type PilotsRecord, SAMPLE_PERCENTILES, stormMetricName } from "../contract.ts";
import { hashRandom } from "../random.ts";
import type { FleetPlan } from "../script/plan.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Model } from "./model.ts";
import { arrivalsOfSample, modelOfSample, type Sample } from "./sample.ts";
import type { VirtualFleet } from "./virtual-fleet.ts";

/** With seven degrees of freedom a 95 % interval is a fifth wider than with any number of them. */
const PILOTS = 8;

/** Each is at most this large: all of them together take no longer than 20,000 devices do. */
const MOST_DEVICES = 2500;

/** The smaller they are, the more their bias is their own; the larger, the less they tell of how it grows. */
const SHARE = 1 / 4;

/** A stream of random numbers of its own, far from those of devices. */
const SEEDS_STREAM = 0xffff_ffe0;

/** Smaller samples beside a sample, all alike but for their seeds. */
export interface Pilots {
  devices: number;
  model: Model;
  arrivals: Arrivals[];
  plans: readonly FleetPlan[];
}

/** @param model of the whole fleet, as are the arrivals */
export function pilotsOf(
  plan: FleetPlan,
  model: Model,
  arrivals: readonly Arrivals[],
  sample: Sample,
): Pilots {
  const devices = Math.max(1, Math.min(MOST_DEVICES, Math.floor(sample.devices * SHARE)));
  const smaller = { devices, of: sample.of };
  return {
    devices,
    model: modelOfSample(model, smaller),
    arrivals: arrivalsOfSample(arrivals, smaller),
    plans: Array.from({ length: PILOTS }, (_, i) => withSeedOfPilot(plan, i)),
  };
}

function withSeedOfPilot(plan: FleetPlan, pilot: number): FleetPlan {
  const seed = Math.floor(hashRandom(plan.settings.seed, SEEDS_STREAM, pilot) * 2 ** 31);
  return { ...plan, settings: { ...plan.settings, seed } };
}

/** What the pilots came to, each of them over. */
export function pilotsRecord(devices: number, fleets: readonly VirtualFleet[]): PilotsRecord {
  const storms = fleets[0]?.workers[0]?.run.storms.report() ?? [];
  return {
    devices,
    figures: storms.flatMap(({ index }) =>
      SAMPLE_PERCENTILES.map((percentile) => ({
        storm: index,
        percentile,
        readyMs: fleets.map((fleet) => readyMs(fleet, index, percentile)),
      })),
    ),
  };
}

/** When so many of 100 devices that were to come back had; who has not stands behind all that have. */
function readyMs({ workers: [worker] }: VirtualFleet, storm: number, percentile: number): number | null {
  if (worker === undefined) return null;
  const { recorder, run } = worker;
  const cohorts = Object.values(run.storms.report()[storm - 1]?.cohorts ?? {});
  const due = cohorts.reduce((sum, { affected, leftByScript }) => sum + affected - leftByScript, 0);
  if (due === 0) return null;
  const metric = stormMetricName(storm, "ready_time");
  const tags = recorder.cohorts.map((cohort) => histogramTag(metric, cohort));
  return recorder.histograms.valueAtRankMs(tags, Math.ceil((percentile * due) / 100 - 1e-6));
}
