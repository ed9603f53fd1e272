import { type Calibration, TIMELINE_ROW_MS } from "../contract.ts";
import type { CohortPlan, FleetPlan } from "../script/plan.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import type { StormPlan } from "../storm/schedule.ts";

/** What may grow with the fleet. */
export const SCALES = ["phases", "capacity"] as const;
export type Scale = (typeof SCALES)[number];

/** What is asked beside the script. */
export interface ForecastOptions {
  /** So many devices arrive in all; those of the script unless given. */
  devices?: number | undefined;
  /**
   * `phases`: they last longer, at the script's rates, and storms come as much later. `capacity`: rates and queues of broker and back
   * end are as much larger as the fleet is. Neither unless given: phases keep their lengths and shares, capacities stay.
   */
  scale?: Scale | undefined;
  /** Every storm that chooses devices chooses this share, 0..1. */
  fraction?: number | undefined;
  seed?: number | undefined;
  /** Every storm is watched for at least so many milliseconds; those after it come as much later. */
  windowMs?: number | undefined;
  /** At most so many devices are simulated; where there are more, they stand for all. */
  sample?: number | undefined;
  /** The fleet is divided over so many workers, as Artillery would; one unless given. Whatever it is, the sum is the same. */
  workers?: number | undefined;
  /** What runs told of the target, in place of what script and defaults say of it. */
  calibrations?: readonly Calibration[] | undefined;
}

/** The plan of the script with what was asked on the command line instead. */
export function withOptions(
  plan: FleetPlan,
  { fraction, seed, windowMs }: Pick<ForecastOptions, "fraction" | "seed" | "windowMs">,
): FleetPlan {
  const storms = windowMs === undefined ? plan.storms : watchedLonger(plan.storms, windowMs);
  return {
    ...plan,
    settings: seed === undefined ? plan.settings : { ...plan.settings, seed },
    storms:
      fraction === undefined
        ? storms
        : storms.map((storm) =>
            storm.fraction === null || storm.region !== undefined ? storm : { ...storm, fraction },
          ),
  };
}

/** Windows that are shorter grow, and what comes after them moves by as much: no storm comes into the window of another for it. */
function watchedLonger(storms: readonly StormPlan[], windowMs: number): StormPlan[] {
  let laterMs = 0;
  return [...storms]
    .sort((a, b) => a.atMs - b.atMs)
    .map((storm) => {
      const moved = { ...storm, atMs: storm.atMs + laterMs, windowMs: Math.max(storm.windowMs, windowMs) };
      laterMs += Math.ceil((moved.windowMs - storm.windowMs) / TIMELINE_ROW_MS) * TIMELINE_ROW_MS;
      return moved;
    });
}

/** `log` steps take no time, and a million devices would each write their line. */
export function withoutLogs(plan: FleetPlan): FleetPlan {
  return { ...plan, cohorts: plan.cohorts.map(quiet) };
}

function quiet(cohort: CohortPlan): CohortPlan {
  return { ...cohort, onConnect: quietSteps(cohort.onConnect), flow: quietSteps(cohort.flow) };
}

function quietSteps(steps: readonly ParsedStep[]): ParsedStep[] {
  return steps
    .filter(({ definition }) => definition.name !== "log")
    .map((step) => ({ ...step, children: step.children.map(quietSteps) }));
}
