import type { BackoffSpec, ResetAfter } from "../device/backoff.ts";
import type { StormPlan } from "../storm/schedule.ts";
import type { TimeZeroPlan } from "../storm/time-zero.ts";
import type { RegionsPlan } from "./region-plan.ts";
import type { EngineSettings } from "./schema.ts";
import { hasOwnClientIds } from "./steps/connect.ts";
import { usesHttp } from "./steps/http.ts";
import { cannotTellAnswers } from "./steps/request.ts";
import type { ParsedStep } from "./steps/step.ts";
import type { Target } from "./target.ts";

/** A script that was found to be good: everything the engine needs, in its own units. */
export interface FleetPlan {
  /** Of the control connection; also of the devices where there are no regions. */
  target: Target;
  /** Null where the script has one target. */
  regions: RegionsPlan | null;
  settings: EngineSettings;
  backoff: BackoffSpec;
  resetAfter: ResetAfter;
  storms: StormPlan[];
  timeZero: TimeZeroPlan;
  cohorts: CohortPlan[];
}

export interface CohortPlan {
  name: string;
  /** Place in the script's list of scenarios. */
  scenarioIndex: number;
  /** TLS session resumption of its devices; null for what the settings say. */
  resume: boolean | null;
  onConnect: ParsedStep[];
  flow: ParsedStep[];
  beforeScenario: string[];
  afterScenario: string[];
}

/** What the engine's own client ids begin with; null where the script gives every device another. */
export function ownClientIdPrefix({ cohorts, settings }: FleetPlan): string | null {
  return cohorts.every(({ flow }) => hasOwnClientIds(flow)) ? null : (settings.clientIdPrefix ?? "");
}

/** Names of the cohorts in which an answer cannot be told from that to an earlier request. */
export function uncorrelatedCohorts({ cohorts }: FleetPlan): string[] {
  return cohorts
    .filter(({ onConnect, flow }) => cannotTellAnswers(onConnect) || cannotTellAnswers(flow))
    .map(({ name }) => name);
}

/** Open files of one device at one time, at most: an `http` step that makes a connection of its own does so beside the device's. */
export function descriptorsPerDevice({ settings, cohorts }: FleetPlan): 1 | 2 {
  const asks = cohorts.some(({ onConnect, flow }) => usesHttp(onConnect) || usesHttp(flow));
  return asks && settings.http.connection === "new" ? 2 : 1;
}
