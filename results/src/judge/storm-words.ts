import type { StormFate } from "artillery-engine-mqtt/contract";
import { printable, stormEvent } from "artillery-engine-mqtt/contract";
import { count, duration, percent } from "./number-words.ts";
import { fleetDue } from "./recovery.ts";
import type { StormFields, StormSummary } from "./summary-schema.ts";

/** `storm 2`, with what happened where the script says so: `storm 2 (power cut)`. */
export function stormName({ index, name }: { index: number; name?: string | null | undefined }): string {
  return name === null || name === undefined ? `storm ${index}` : `storm ${index} (${printable(name)})`;
}

type Named = Pick<StormFields, "cause" | "fraction" | "region" | "onlyCohorts" | "overMs" | "outage"> &
  Partial<Pick<StormFields, "name">>;

/**
 * What happened: `connection connection reset of 25 %`, `power cut of 50 % for 8 s (silent)`, `region outage (eu)`; with a name of the
 * script's what it was stands beside it: `rolling restart (close of 100 % of sensors over 30 s)`, `power cut (region eu lost)`.
 */
export function stormWords(storm: Named): string {
  const { name = null } = storm;
  return name === null ? eventWords(storm) : `${printable(name)} (${mechanismWords(storm)})`;
}

function eventWords(storm: Named): string {
  const { cause, region, overMs, outage } = storm;
  const event = stormEvent(storm);
  if (region !== null) return `${event} (${printable(region)})`;
  const whom = `${event}${whomWords(storm)}`;
  if (outage === null) return whom;
  return `${whom}${overMs === null ? "" : ", each"} for ${duration(outage.forMs)} (${cause})`;
}

function mechanismWords(storm: Named): string {
  const { cause, region, overMs, outage } = storm;
  if (region !== null) return `region ${printable(region)} lost`;
  const whom = `${cause}${whomWords(storm)}`;
  if (outage === null) return whom;
  return `${whom}, ${overMs === null ? "" : "each "}without ${outage.of} for ${duration(outage.forMs)}`;
}

/** Whom it hit and over how long; empty for a cause that chooses nobody. */
function whomWords({ fraction, onlyCohorts, overMs }: Named): string {
  if (fraction === null) return "";
  const whose = onlyCohorts === null ? "" : ` of ${cohortWords(onlyCohorts)}`;
  return ` of ${percent(fraction)}${whose}${overMs === null ? "" : ` over ${duration(overMs)}`}`;
}

/** How nearly at the storm's instant, or each at its own, the connections were cut; empty where none was. */
export function spreadWords({
  overMs,
  dropSpreadMs: { max },
}: Pick<StormFields, "overMs" | "dropSpreadMs">): string {
  if (max === null) return "";
  return overMs === null ? `cut within ${duration(max)}` : `each cut within ${duration(max)} of its time`;
}

/** So many cohorts are named. */
const MOST_NAMED = 3;

export function cohortWords(cohorts: readonly string[]): string {
  return cohorts.length > MOST_NAMED ? `${cohorts.length} cohorts` : cohorts.map(printable).join(", ");
}

/** What became of the cohorts that the storm was not for; empty where it was for all. */
export function sparedWords({ onlyCohorts, cohorts }: Pick<StormSummary, "onlyCohorts" | "cohorts">): string {
  const spared = Object.entries(cohorts).filter(
    ([name]) => onlyCohorts !== null && !onlyCohorts.includes(name),
  );
  if (spared.length === 0) return "";
  const sum = (fate: StormFate): number => spared.reduce((total, [, counts]) => total + counts[fate], 0);
  const lost = sum("unaffectedLost");
  const fleet = `${count(sum("fleet"))} device${sum("fleet") === 1 ? "" : "s"}`;
  const fate = lost === 0 ? "none lost its connection" : `${count(lost)} lost the connection all the same`;
  const away = sum("alreadyOffline");
  const offline = away === 0 ? "" : `, ${count(away)} already offline`;
  return `not for ${cohortWords(spared.map(([name]) => name))}: ${fleet}${offline}, ${fate}`;
}

/** What became of devices, beside those that were cut and came back; only what there was. */
export function fateWords(storm: Pick<StormFields, StormFate | "closed">): string[] {
  const fates: [number, string][] = [
    [storm.alreadyOffline, "already offline before the storm"],
    [storm.neverReady, "never ready before it"],
    [storm.lostAgain, "affected, back, and lost again"],
    [storm.unaffectedLost, "left alone by the storm, and lost inside the window"],
    [storm.leftByScript, "affected, and left because the script said so"],
    [storm.fleetLeftByScript - storm.leftByScript, "others that left because the script said so"],
    [storm.stopped, "no longer trying: told to stop, or gave up"],
    [
      fleetDue(storm) - storm.fleetReadyAtEnd,
      // Interrupted, or its last device went away.
      storm.closed ? "out when the window ended" : "out when the run ended, before the window did",
    ],
  ];
  return fates.filter(([n]) => n > 0).map(([n, words]) => `${count(n)} ${words}`);
}

/** Why a storm is not there. */
export function didNotHappen({ cause, fraction }: Pick<StormFields, "cause" | "fraction">): string {
  return cause === "external" && fraction !== null
    ? `did not happen: no worker lost ${percent(fraction)} of its online devices within one second`
    : "did not happen";
}

/** `30 s`, or `12 s of 30 s` where the run ended since all storms had recovered. */
export function windowWords({
  windowMs,
  plannedWindowMs,
}: Pick<StormFields, "windowMs" | "plannedWindowMs">): string {
  return plannedWindowMs === null
    ? duration(windowMs)
    : `${duration(windowMs)} of ${duration(plannedWindowMs)}`;
}
