import type { FleetPlan } from "../script/plan.ts";
import { stepsOf } from "../script/references.ts";
import { listenTemplates, type RequestSettings } from "../script/steps/request.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import { filterOf } from "./routes.ts";

/** Which devices may hear of which, as far as a script tells before its variables have values. */

/** Devices may hear one another: a broker has to look for subscribers. Requests are for the back end alone. */
export function hearOneAnother(plan: FleetPlan): boolean {
  const topics = publishedTopics(plan);
  return subscribedFilters(plan).some((filter) => topics.some((topic) => mayMatch(filter, topic)));
}

/** Some device may publish to a topic that matches. */
export function isPublishedTo(filter: string, plan: FleetPlan): boolean {
  return publishedTopics(plan).some((topic) => mayMatch(filter, topic));
}

/**
 * False where no values of variables make `topic` one that `filter` matches. Only what stands before the first variable or wildcard is
 * looked at: a variable may hold several levels.
 */
export function mayMatch(filter: string, topic: string): boolean {
  const [known = ""] = filterOf(filter).split(/[+#]|\{\{/, 1);
  const [name = ""] = topic.split("{{", 1);
  // `a/#` matches `a` as well.
  return name.startsWith(known) || known.startsWith(name);
}

interface KnownSpec {
  publish?: { topic: string };
  connect?: { will?: { topic: string } };
  subscribe?: { topics: string | string[] };
  request?: RequestSettings;
  refresh?: { request: RequestSettings };
}

function specsOf(plan: FleetPlan): KnownSpec[] {
  const all = (step: ParsedStep): ParsedStep[] => [step, ...step.children.flat().flatMap(all)];
  return plan.cohorts.flatMap((cohort) =>
    stepsOf(cohort)
      .flatMap(all)
      .map(({ spec }) => spec as KnownSpec),
  );
}

function publishedTopics(plan: FleetPlan): string[] {
  return [
    ...plan.cohorts.flatMap(({ telemetry }) => telemetry.map(({ topic }) => topic)),
    ...specsOf(plan).flatMap(({ publish, connect }) =>
      [publish?.topic ?? [], connect?.will?.topic ?? []].flat(),
    ),
  ];
}

function subscribedFilters(plan: FleetPlan): string[] {
  return specsOf(plan).flatMap(({ subscribe, request, refresh }) => {
    const asked = request ?? refresh?.request;
    return [subscribe?.topics ?? [], asked === undefined ? [] : listenTemplates(asked)].flat();
  });
}
