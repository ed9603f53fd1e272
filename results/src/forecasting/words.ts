import { count, counted, duration, percentReached } from "../judge/number-words.ts";
import type { VerdictAbsence } from "../judge/verdict.ts";
import { isThere } from "./at-work.ts";
import type { CapacityFinding, Finding, FleetFinding, Question } from "./finding.ts";
import type { Outcome } from "./outcome.ts";
import type { Server } from "./variants.ts";

const SERVER_WORDS: Record<Server, { name: string; rate: [one: string, many: string] }> = {
  "config-service": { name: "config service", rate: ["answer per s", "answers per s"] },
  broker: { name: "broker", rate: ["connect per s", "connects per s"] },
};

export function serverName(server: Server): string {
  return SERVER_WORDS[server].name;
}

/** A value of a search with its unit. */
export function valueWords(finding: FleetFinding | CapacityFinding, value: number): string {
  return finding.find === "fleet"
    ? counted(value, "device")
    : counted(value, ...SERVER_WORDS[finding.of].rate);
}

/** What the finding is of, as a title. */
export function titleOf(finding: Finding): string {
  switch (finding.find) {
    case "fleet":
      return "The largest loss that recovers";
    case "capacity":
      return `What the ${serverName(finding.of)} must sustain`;
    case "policy":
      return "Which back-off to ship";
  }
}

/** `storm 1 (reset of 25 %), window 12 s` */
export function stormAsked({ storm, withinMs, target }: Question): string {
  const within = withinMs === null ? "" : `, ${percentReached(target)} ready within ${duration(withinMs)}`;
  return `storm ${storm.index} (${storm.words}), window ${duration(storm.windowMs)}${within}`;
}

const ABSENCE_WORDS: Record<VerdictAbsence, string> = {
  "did-not-happen": "the storm did not happen",
  "nobody-affected": "nobody affected",
  "cut-short": "cut short",
  "not-watched": "not watched",
  disturbed: "disturbed",
  "no-baseline": "not at work before",
  "capacity-unknown": "capacity unknown",
  "too-few-devices": "too few devices",
  "window-too-short": "window too short",
};

/** The verdict by its name; why there is none, or none of the fleet that was asked about; or that it came too late. */
export function outcomeWords(outcome: Outcome, holds: boolean): string {
  const { verdict, absence, fleet, due } = outcome;
  if (verdict !== null && !isThere(outcome))
    return `NOT AT WORK: ${count(fleet)} of ${count(due ?? 0)} there`;
  if (verdict === "recovered") return holds ? "RECOVERED" : "RECOVERED, too late";
  if (verdict !== null) return verdict.toUpperCase();
  return `NO VERDICT: ${absence === null ? "not known" : ABSENCE_WORDS[absence]}`;
}

/** The end of a sentence that says what becomes of a fleet that does not recover as it was asked to. */
export function failureWords(
  outcome: Outcome,
  { target, withinMs, storm }: Pick<Question, "target" | "withinMs" | "storm">,
): string {
  const { verdict, absence, reason, readyMs, fleet, due } = outcome;
  const window = duration(storm.windowMs);
  if (verdict !== null && !isThere(outcome))
    return `even before the storm the fleet is not at work (NOT AT WORK: only ${count(fleet)} of ${counted(due ?? 0, "device")} ${fleet === 1 ? "was" : "were"} there when it came)`;
  switch (verdict) {
    case "recovered":
      return `it recovers too late: ${percentReached(target)} are ready after ${laterThan(readyMs.target, withinMs)}, allowed are ${duration(withinMs)} (RECOVERED)`;
    case "recovering":
      return `devices are still coming back when the window of ${window} ends (RECOVERING)`;
    case "stalled":
      return "nobody comes back any more, under less load than the target is known to sustain (STALLED)";
    case "relapsed":
      return "the fleet comes back and is lost again (RELAPSED)";
    case "metastable":
      return "the fleet spirals: the load of those who are out keeps them out (METASTABLE)";
    case null:
      return absence === "no-baseline"
        ? `even before the storm the fleet is not at work (NO VERDICT: ${reason})`
        : `it cannot be told (NO VERDICT: ${reason})`;
  }
}

/** In three digits it may read like what is allowed. */
function laterThan(ms: number | null, allowedMs: number | null): string {
  return ms !== null && duration(ms) === duration(allowedMs) ? `${count(Math.ceil(ms))} ms` : duration(ms);
}
