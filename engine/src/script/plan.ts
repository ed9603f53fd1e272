import type { PlacePlan, TimeZeroPlan } from "../rendezvous/plan.ts";
import type { StormPlan } from "../storm/schedule.ts";
import { type ClientIdTemplate, clientIdTemplates } from "./client-ids.ts";
import { type ClientPlan, longestWaitOf, planClient } from "./client-plan.ts";
import type { ReactionSpec } from "./on-message.ts";
import type { ReadScenario, ReadScript } from "./read.ts";
import { callsCode, openReferences, type Reference, stepsOf } from "./references.ts";
import { planRegions, type RegionsPlan } from "./region-plan.ts";
import type { EngineSettings } from "./schema.ts";
import { hasOwnClientIds } from "./steps/connect.ts";
import { longestRetryAfterMs, usesHttp } from "./steps/http.ts";
import { cannotTellAnswers } from "./steps/request.ts";
import type { ParsedStep } from "./steps/step.ts";
import { chosenOf, type ExpandedStorm } from "./storms.ts";
import type { Target } from "./target.ts";
import type { TelemetrySpec } from "./telemetry.ts";

/** A script that was found to be good: everything the engine needs, in its own units. */
export interface FleetPlan {
  /** The control connection goes here, and so do devices where there are no regions. */
  target: Target;
  /** Null where the script has one target. */
  regions: RegionsPlan | null;
  settings: EngineSettings;
  storms: StormPlan[];
  timeZero: TimeZeroPlan;
  /** Where the workers of a run meet. */
  rendezvous: PlacePlan;
  cohorts: CohortPlan[];
  /** Steps of the hooks; empty for none, and where it is not seen. */
  hooks: Record<"before" | "after", readonly ParsedStep[]>;
}

export interface CohortPlan {
  name: string;
  /** Place in the script's list of scenarios. */
  scenarioIndex: number;
  /** TLS session resumption of its devices; null for what the settings say. */
  resume: boolean | null;
  client: ClientPlan;
  /** What its devices' client ids are made of, where the script gives them. */
  clientIds: readonly ClientIdTemplate[];
  onConnect: ParsedStep[];
  flow: ParsedStep[];
  /** What its devices publish in the background. */
  telemetry: TelemetrySpec[];
  /** What they do on messages. */
  onMessage: ReactionSpec[];
  /** Messages of a device that may wait for those before them. */
  messageQueue: number;
  /** PUBACK and PUBREC are put off so long. */
  ackDelayMs: number;
  beforeScenario: string[];
  afterScenario: string[];
  /** What its steps refer to and none of them sets; empty where they call the user's code, which may set anything. */
  needs: readonly Reference[];
}

/** A script without a problem. */
export interface GoodScript extends Omit<ReadScript, "settings" | "target"> {
  settings: EngineSettings;
  target: Target;
}

export function planFleet(script: GoodScript): FleetPlan {
  const { target, settings, before, after } = script;
  const regions = planRegions(script.regions, settings);
  return {
    target,
    regions,
    settings,
    storms: script.storms.map((storm) => planStorm(storm, regions, script.scenarios)),
    timeZero: timeZeroOf(settings),
    rendezvous: settings.rendezvous,
    cohorts: script.scenarios.map((scenario) => planCohort(scenario, settings)),
    hooks: { before: before?.steps ?? [], after: after?.steps ?? [] },
  };
}

function planCohort(scenario: ReadScenario, settings: EngineSettings): CohortPlan {
  const { path: _path, callsBefore: _calls, isWhole: _whole, telemetry, client, ...cohort } = scenario;
  return {
    ...cohort,
    client: planClient(settings, client.known, longestRetryAfterMs(scenario.onConnect)),
    clientIds: clientIdTemplates(scenario),
    telemetry: telemetry.map(({ spec }) => spec),
    needs: stepsOf(scenario).some(callsCode) ? [] : openReferences(scenario),
  };
}

/** The longest that any device of the fleet waits between two attempts. */
export function longestWaitMs({ cohorts }: FleetPlan): number {
  return Math.max(0, ...cohorts.map(({ client }) => longestWaitOf(client)));
}

function timeZeroOf({ timeZero }: EngineSettings): TimeZeroPlan {
  if (timeZero === "local") return { kind: "local" };
  return "epochMs" in timeZero
    ? { kind: "absolute", epochMs: timeZero.epochMs }
    : {
        kind: "agreed",
        topic: timeZero.topic,
        from: timeZero.from ?? null,
        barrier: { share: timeZero.share, timeoutMs: timeZero.timeout },
      };
}

/** Cohorts are known by their places; a lost region by its own in the list, and its share of the fleet by its weight. */
function planStorm(
  { plan: expanded, loss, choice }: ExpandedStorm,
  regions: RegionsPlan | null,
  scenarios: readonly ReadScenario[],
): StormPlan {
  const plan: StormPlan =
    choice === null
      ? expanded
      : { ...expanded, cohorts: chosenOf(choice, scenarios).map((chosen) => scenarios.indexOf(chosen)) };
  if (loss === null || loss === undefined) return plan;
  const list = regions?.list ?? [];
  const lost = list.find(({ name }) => name === loss.target);
  if (lost === undefined) throw new TypeError(`the lost region ${loss.target} was not checked`);
  const total = list.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...plan,
    fraction: lost.weight / total,
    region: { index: list.indexOf(lost), name: lost.name, forMs: loss.for ?? plan.windowMs },
  };
}

/** What the engine's own client ids begin with; null where the script gives every device another. */
export function ownClientIdPrefix({ cohorts, settings }: FleetPlan): string | null {
  return cohorts.every(({ flow }) => hasOwnClientIds(flow)) ? null : (settings.clientIdPrefix ?? "");
}

/** Names of the cohorts in which an answer cannot be told from that to an earlier request. */
export function uncorrelatedCohorts({ cohorts }: FleetPlan): string[] {
  return cohorts.filter((cohort) => cannotTellAnswers(stepsOf(cohort))).map(({ name }) => name);
}

/** The largest share of the fleet whose connections one storm leaves half-open, until their brokers end them. */
export function halfOpenShare({ storms }: Pick<FleetPlan, "storms">): number {
  const shares = storms.filter(({ cause }) => cause === "silent").map(({ fraction }) => fraction ?? 1);
  return Math.max(0, ...shares);
}

/** Open files of one device at one time, at most: an `http` step may make a connection of its own beside the device's. */
export function descriptorsPerDevice({ settings, cohorts }: FleetPlan): 1 | 2 {
  const asks = cohorts.some((cohort) => usesHttp(stepsOf(cohort)));
  return asks && settings.http.connection === "new" ? 2 : 1;
}
