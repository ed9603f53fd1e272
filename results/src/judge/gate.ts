import { FORECAST } from "./forecast-words.ts";
import { type MessageConditions, messageFailures } from "./message-gate.ts";
import { count, duration, percent } from "./number-words.ts";
import { devicesDue } from "./recovery.ts";
import { stormName } from "./storm-words.ts";
import type { StormFields, StormSummary, Summary } from "./summary-schema.ts";
import { isAtLeastAsBad, VERDICTS, type Verdict } from "./verdict.ts";

/** What `fail.verdict` may name; `degraded` is every verdict that is worse than recovered. */
export const FAIL_VERDICTS = ["degraded", "recovering", "stalled", "relapsed", "metastable"] as const;
export type FailVerdict = (typeof FAIL_VERDICTS)[number];

/** What fails a storm; a condition that is not given always holds. */
export interface FailConditions extends MessageConditions {
  /** This verdict, or one that is at least as bad. */
  verdict?: FailVerdict | undefined;
  /** Milliseconds from each device's own loss; a percentile that was not reached exceeds any. */
  readyP99?: number | undefined;
  /** Milliseconds from the storm's instant. */
  readyP99FromStorm?: number | undefined;
  /** The highest share of the affected devices that may not be ready when the window ends. 0..1 */
  unrecovered?: number | undefined;
}

/** `fail:` of the configuration. A condition of a cohort replaces the one for all. */
export interface Fail extends FailConditions {
  cohorts?: Record<string, FailConditions> | undefined;
}

/** One thing that a storm, or the run, was held to. */
export interface GateCheck {
  /** Is null where it is about the whole run. */
  storm: number | null;
  /** Is null where it is about the whole fleet. */
  cohort: string | null;
  /** What was looked at: a key of `fail`, `complete`, `storms`, or `cohorts`. */
  condition: string;
  /** How it failed; null where it passed. */
  message: string | null;
}

export interface GateFailure extends Omit<GateCheck, "condition" | "message"> {
  message: string;
}

const CONDITIONS = [
  "verdict",
  "readyP99",
  "readyP99FromStorm",
  "unrecovered",
  "lost",
  "duplicates",
  "deliveryP99",
  "floodP99",
] as const satisfies (keyof FailConditions)[];
type Condition = (typeof CONDITIONS)[number];

/** What failed, in the order of `gateChecks`. */
export function failuresOf(checks: readonly GateCheck[]): GateFailure[] {
  return checks.flatMap(({ storm, cohort, message }) =>
    message === null ? [] : [{ storm, cohort, message }],
  );
}

/** Everything that `fail` holds a run to, passed or not. What was not measured has not passed. */
export function gateChecks(
  fail: Fail,
  summary: Pick<Summary, "complete" | "fleet" | "storms"> & Partial<Pick<Summary, "forecast">>,
): GateCheck[] {
  const ofRun = (condition: string, message: string | null): GateCheck => ({
    storm: null,
    cohort: null,
    condition,
    message,
  });
  const cohorts = Object.keys(summary.fleet.cohorts);
  const unknown = Object.keys(fail.cohorts ?? {}).filter((cohort) => !cohorts.includes(cohort));
  const all = [
    ofRun("complete", summary.complete ? null : "the run is incomplete: what is missing cannot have passed"),
    ofRun(
      "storms",
      summary.storms.length > 0 ? null : "the run had no storm, so there is nothing that could pass",
    ),
    ...unknown.map((name) =>
      ofRun("cohorts", `fail.cohorts names ${JSON.stringify(name)}; the run has only ${cohorts.join(", ")}`),
    ),
    ...summary.storms.flatMap((storm) => stormChecks(fail, storm)),
  ];
  if (!summary.forecast) return all;
  return all.map((one) => ({
    ...one,
    message: one.message === null ? null : `${FORECAST}: ${one.message}`,
  }));
}

function stormChecks(fail: Fail, storm: StormSummary): GateCheck[] {
  const named = (cohort: string | null, who: string, checks: readonly ConditionCheck[]): GateCheck[] =>
    checks.map(({ condition, failure }) => ({
      storm: storm.index,
      cohort,
      condition,
      message: failure === null ? null : `${stormName(storm)}${who}: ${failure}`,
    }));
  if (storm.verdict === null)
    return named(null, "", [{ condition: "verdict", failure: `no verdict (${storm.verdictReason})` }]);
  const cohorts = Object.entries(storm.cohorts).filter(([, fields]) => devicesDue(fields) > 0);
  const isPart = Object.keys(storm.cohorts).length > 1;
  const ofCohorts = cohorts.flatMap(([name, fields]) => {
    const own = fail.cohorts && Object.hasOwn(fail.cohorts, name) ? fail.cohorts[name] : {};
    const shared = isPart ? heardBy(fields, fail) : fail;
    return named(name, `, cohort ${name}`, conditionChecks({ ...shared, ...own }, fields));
  });
  // A fleet of one cohort is that cohort. A fleet of several has a verdict of its own, also where the storm hit only one.
  if (!isPart) return ofCohorts;
  return [...named(null, ", all cohorts", conditionChecks(fleetConditions(fail), storm)), ...ofCohorts];
}

/** A cohort of several that hears nobody has no messages to be judged by, unless it is named: the fleet has. */
function heardBy({ messages }: StormFields, fail: FailConditions): FailConditions {
  if (messages === null || messages.delivered > 0) return fail;
  return { ...fail, lost: undefined, duplicates: undefined, deliveryP99: undefined, floodP99: undefined };
}

/** Where a cohort has an exception, the fleet, which contains it, cannot be held to the rule. */
function fleetConditions(fail: Fail): FailConditions {
  const exceptions = Object.values(fail.cohorts ?? {});
  const kept = CONDITIONS.filter((name) => exceptions.every((own) => own[name] === undefined));
  return Object.fromEntries(kept.map((name) => [name, fail[name]]));
}

interface ConditionCheck {
  condition: Condition;
  failure: string | null;
}

/** Of the conditions that are given. */
function conditionChecks(allowed: FailConditions, storm: StormFields): ConditionCheck[] {
  const failures: Record<Condition, string | null> = {
    verdict: verdictFailure(allowed.verdict, storm),
    readyP99: readyFailure("from the loss", allowed.readyP99, storm.readyMs),
    readyP99FromStorm: readyFailure("from the storm", allowed.readyP99FromStorm, storm.readyFromStormMs),
    unrecovered: unrecoveredFailure(allowed.unrecovered, storm),
    ...messageFailures(allowed, storm.messages),
  };
  const mark = storm.generatorSaturated ? " (generator saturated)" : "";
  return CONDITIONS.filter((name) => allowed[name] !== undefined).map((condition) => {
    const failure = failures[condition];
    return { condition, failure: failure === null ? null : `${failure}${mark}` };
  });
}

function verdictFailure(forbidden: FailVerdict | undefined, { verdict }: StormFields): string | null {
  if (forbidden === undefined) return null;
  const least = forbidden === "degraded" ? "recovering" : forbidden;
  const allowed = VERDICTS.filter((one: Verdict) => !isAtLeastAsBad(one, least));
  if (verdict !== null && allowed.includes(verdict)) return null;
  return `verdict ${verdict ?? "missing"}, allowed ${allowed.join(" or ")}`;
}

/** @param clock when the times begin */
function readyFailure(
  clock: string,
  allowedMs: number | undefined,
  readyMs: StormFields["readyFromStormMs"],
): string | null {
  if (allowedMs === undefined) return null;
  if (readyMs === null) return `ready p99 ${clock} was not measured, allowed ${duration(allowedMs)}`;
  if (readyMs.p99 !== null && readyMs.p99 <= allowedMs) return null;
  const [was, allowed] = [duration(readyMs.p99), duration(allowedMs)];
  // 30.01 s and 30 s round to the same.
  const shown = was === allowed ? `${readyMs.p99} ms` : was;
  return `ready p99 ${clock} ${shown}, allowed ${allowed}`;
}

function unrecoveredFailure(allowed: number | undefined, storm: StormFields): string | null {
  if (allowed === undefined || storm.unrecovered <= devicesDue(storm) * allowed + 1e-9) return null;
  const share = percent(storm.unrecovered / devicesDue(storm));
  return `${share} unrecovered (${count(storm.unrecovered)} of ${count(devicesDue(storm))}), allowed ${percent(allowed)}`;
}
