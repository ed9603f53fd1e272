import type { Calibration } from "../contract.ts";
import type { CohortPlan, FleetPlan } from "../script/plan.ts";
import type { ParsedStep } from "../script/steps/step.ts";

/** What is asked beside the script. */
export interface ForecastOptions {
  /** So many devices arrive in all, each phase keeping its length and share; those of the script unless given. */
  devices?: number | undefined;
  /** Every storm that chooses devices chooses this share, 0..1. */
  fraction?: number | undefined;
  seed?: number | undefined;
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
  { fraction, seed }: Pick<ForecastOptions, "fraction" | "seed">,
): FleetPlan {
  return {
    ...plan,
    settings: seed === undefined ? plan.settings : { ...plan.settings, seed },
    storms:
      fraction === undefined
        ? plan.storms
        : plan.storms.map((storm) =>
            storm.fraction === null || storm.region !== undefined ? storm : { ...storm, fraction },
          ),
  };
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
