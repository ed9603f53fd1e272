import { affectedCount, printable } from "artillery-engine-mqtt/contract";
import { firstSentences } from "../run/first-sentences.ts";
import type { AbsentContainer, Presence, PresenceGap } from "../run/presence.ts";
import { count, duration } from "./number-words.ts";
import type { StormFields, StormSummary } from "./summary-schema.ts";

/** So many containers are named. */
const MOST_NAMED = 5;
/** Artillery's workers begin some hundred milliseconds apart. */
const WORTH_SAYING_MS = 100;

/** The cohorts that a storm was for, as a summary says it or as workers do. */
interface Chosen {
  onlyCohorts?: readonly string[] | null | undefined;
}

/** Devices that the storm should have disconnected; null for a cause that chooses none, and where nobody knows how many each cohort lacked. */
export function affectedDue(
  { cause, fraction, onlyCohorts }: Pick<StormFields, "cause" | "fraction"> & Chosen,
  { due }: Pick<Presence, "due">,
): number | null {
  return fraction === null || cause === "external" || (onlyCohorts ?? null) !== null
    ? null
    : affectedCount(fraction, due);
}

/** Who should have been there when the storm came, and was not; empty where all were. */
export function presenceWords(
  storm: Pick<StormFields, "cause" | "fraction"> & Chosen,
  presence: Presence,
  affected: number,
): string {
  if (presence.there >= presence.due) return "";
  const { due, there, gaps } = presence;
  const chosen = affectedDue(storm, presence);
  const ofStorm = chosen === null ? "" : `, so ${count(affected)} were affected in place of ${count(chosen)}`;
  const who = firstSentences(gaps.map(gapWords), MOST_NAMED, "containers").join("; ");
  return `${count(there)} of the ${count(due)} devices that should have been there were${ofStorm}: ${who}`;
}

/** The same where it does not stand in the verdict's reason already: some devices were missing, too few to keep a verdict back. */
export function unsaidPresence(storm: StormSummary): string {
  const words = storm.presence === null ? "" : presenceWords(storm, storm.presence, storm.affected);
  return storm.verdictReason.includes(words) ? "" : words;
}

function gapWords({ container, due, missing, lateMs }: PresenceGap): string {
  const part =
    missing === due ? `its ${count(due)} devices` : `${count(missing)} of its ${count(due)} devices`;
  const who = containerName(container);
  if (lateMs === null) return `${who} left no files, and ${part} are not known`;
  // Where it was no later than the others its devices came, and its turn did not.
  if (lateMs < WORTH_SAYING_MS) return `of ${who} ${part} took no part`;
  return `${who} began ${duration(lateMs)} after the first, and ${part} were missing`;
}

export function absentWords({ container, devices }: AbsentContainer): string {
  const known = container === null ? "was due, and nobody heard of it" : `had ${count(devices)} devices`;
  return `${containerName(container)} left no files: it ${known}`;
}

export function containerName(container: string | null): string {
  if (container === null) return "one more container";
  return container === "" ? "this machine" : `container ${printable(container)}`;
}

/** What the summary of one machine of several says of the others. */
export function partWords(absent: readonly AbsentContainer[]): string[] {
  if (absent.length === 0) return [];
  const who = firstSentences(
    absent.map(({ container }) => containerName(container)),
    MOST_NAMED,
    "containers",
  ).join(", ");
  return [
    `this is what one machine of several measured: ${who} not in it; the verdict on the whole run is that of mqtt-results report with the directories of all`,
  ];
}
