/**
 * What a storm did to the fleet, in one word; results/README.md has the rules in words. Pure: counts and rates in, a
 * judgement out. The terms are those of Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021
 * (https://sigops.org/s/conferences/hotos/2021/papers/hotos21-s11-bronson.pdf).
 */
import type { StormFate } from "artillery-engine-mqtt/contract";
import { percentReached, seconds } from "./number-words.ts";
import { devicesDue, fleetDue } from "./recovery.ts";

export const VERDICTS = ["recovered", "recovering", "stalled", "relapsed", "metastable"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How bad each is: a gate fails on what it names and on all that is at least as bad. */
const SEVERITY: Record<Verdict, number> = {
  recovered: 0,
  recovering: 1,
  stalled: 2,
  relapsed: 2,
  metastable: 3,
};

export function isAtLeastAsBad(verdict: Verdict, as: Verdict): boolean {
  return SEVERITY[verdict] >= SEVERITY[as];
}

/** Why there is no verdict. */
export const VERDICT_ABSENCES = [
  /** The storm's instant never came, or what it waits for did not happen. */
  "did-not-happen",
  /** No device was disconnected, or all that were left because the script said so. */
  "nobody-affected",
  /** The run ended inside the window. */
  "cut-short",
  /** The devices were not cut in time, or what became of them was not seen. */
  "not-watched",
  /** Other clients, or devices of the same fleet, took connections by coming with the same client ids. */
  "disturbed",
  /** The fleet was not at work before the storm. */
  "no-baseline",
  /** Nobody came back at the end of the window, and what the target sustains of what was asked then is not known. */
  "capacity-unknown",
  "too-few-devices",
  /** Nobody came back at the end of the window, but it is shorter than a device may wait between two attempts. */
  "window-too-short",
] as const;
export type VerdictAbsence = (typeof VERDICT_ABSENCES)[number];

/** Among fewer devices one or two that are stuck would decide, and they say nothing of a fleet. */
export const FEWEST_DEVICES = 20;
/** Nobody comes back any more where no more than this share of the devices does in the last stretch of a window. */
export const NOBODY_SHARE = 0.01;

export interface Rates {
  connectsPerS: number;
  configRequestsPerS: number;
}

/** A rate is null where the target was never seen to take any. */
export interface KnownRates {
  connectsPerS: number | null;
  configRequestsPerS: number | null;
}

export interface StormEvidence {
  /** Why nothing can be said, where that is known beforehand. */
  absence: { kind: VerdictAbsence; reason: string } | null;
  /** The whole window was watched. */
  closed: boolean;
  windowMs: number;
  /** The window that was planned, where the run ended before it did, since all was well; null where it did not. */
  plannedWindowMs: number | null;
  /** So long after the storm's instant the last of its devices could come back. */
  awayMs: number;
  /** The longest that a device waits between two attempts to connect. */
  longestBackoffMs: number;
  counts: Record<StormFate | "affected" | "recovered", number>;
  lastStretch: LastStretch;
  /** What the devices that were out offered in the last stretch, of all cohorts: they share the target. */
  offered: Rates;
  /** What the target is known to sustain, from before the storm: connects accepted, config requests answered in time. */
  sustained: KnownRates;
  /** Loads of each region; empty without regions. One that survives may be overloaded while all together are not. */
  regions: { name: string; offered: Rates; sustained: KnownRates }[];
  /** Config requests before the storm, for a fleet that was never ready. */
  before: { configRequests: number; configResponses: number };
}

/** The end of a window, long enough that a device that is to come back at all does so in it. */
export interface LastStretch {
  ms: number;
  /** Devices that became ready in it for the first time since the storm. */
  back: number;
  /** How many more devices were ready at its end than at its beginning: means of its last and first quarter. */
  readyGained: number;
}

export interface Judgement {
  /** Is null where nothing can be said; `absence` and `reason` say why. */
  verdict: Verdict | null;
  absence: VerdictAbsence | null;
  reason: string;
}

export function judge(storm: StormEvidence, target: number): Judgement {
  const { counts } = storm;
  if (storm.absence !== null) return none(storm.absence.kind, storm.absence.reason);
  if (counts.affected === 0) return none("nobody-affected", `no device affected${alreadyOffline(counts)}`);
  const { configRequests, configResponses } = storm.before;
  const proven = counts.fleet - counts.neverReady;
  if (proven === 0) {
    const asked =
      configRequests > 0 ? ` (${configResponses} of ${configRequests} config requests answered)` : "";
    return none("no-baseline", `the fleet was never ready before the storm${asked}`);
  }
  if (isBelow(proven, target, counts.fleet)) {
    const share = `${percentReached(proven / counts.fleet)} of the fleet`;
    return none(
      "no-baseline",
      `only ${share} had ever been ready before the storm (target ${percentReached(target)})`,
    );
  }
  const due = devicesDue(counts);
  if (due === 0) return none("nobody-affected", "all affected devices left because the script said so");
  const ready = `${percentReached(counts.recovered / due)} of the affected devices were ready inside the window (target ${percentReached(target)})`;
  if (!storm.closed) return none("cut-short", `not watched to its end; until then ${ready}`);

  const cameBack = !isBelow(counts.recovered, target, due);
  const atEnd = shortfallAtEnd(counts, target);
  if (cameBack && atEnd === null) {
    const early =
      storm.plannedWindowMs === null ? "" : `; ${endedEarly(storm.windowMs, storm.plannedWindowMs)}`;
    return { verdict: "recovered", absence: null, reason: `${ready}${early}` };
  }
  // The fleet was well when the end was agreed on, and a moment later it was not: what would have come of it was not watched.
  if (storm.plannedWindowMs !== null)
    return none(
      "cut-short",
      `${endedEarly(storm.windowMs, storm.plannedWindowMs)}, and then ${atEnd ?? ready}`,
    );

  const fleet = fleetDue(counts);
  const out = fleet - counts.fleetReadyAtEnd;
  if (Math.max(due, out) < FEWEST_DEVICES) {
    const stuck = plural(out, "device");
    return none(
      "too-few-devices",
      `too few devices to tell: ${ready}, and ${stuck} of ${fleet} were out at its end; it takes ${FEWEST_DEVICES}`,
    );
  }
  if (cameBack && isRelapse(counts, target)) {
    return { verdict: "relapsed", absence: null, reason: `${ready}, but ${atEnd}: ${lost(counts)}` };
  }
  const missed = cameBack ? `${ready}, but ${atEnd}${alreadyOffline(counts)}` : ready;
  return whoIsStillOut(storm, missed, Math.ceil(due * target - 1e-9) - counts.recovered, target);
}

/** The target was not reached, or not by the whole fleet: what keeps the others out? */
function whoIsStillOut(storm: StormEvidence, missed: string, missing: number, target: number): Judgement {
  const { counts, lastStretch, windowMs, awayMs, longestBackoffMs } = storm;
  const stretch = `the last ${seconds(lastStretch.ms)}`;
  const fleet = fleetDue(counts);
  if (isBelow(fleet - counts.stopped, target, fleet)) return whoStopped(storm, missed);
  if (comesBack(storm, missing)) {
    const back = `${plural(lastStretch.back, "device")} came back in ${stretch}`;
    return {
      verdict: "recovering",
      absence: null,
      reason: `${missed}; ${back}: the window is too short`,
    };
  }
  const nobody =
    lastStretch.back === 0
      ? `nobody came back in ${stretch}`
      : `only ${plural(lastStretch.back, "device")} came back in ${stretch}`;
  if (counts.unaware > counts.affected * NOBODY_SHARE) {
    const unaware = `${plural(counts.unaware, "device")} had not noticed the loss of their connection`;
    return none(
      "window-too-short",
      `${missed}; ${nobody}, but ${unaware}: a window of ${seconds(windowMs)} is too short to tell`,
    );
  }
  if (longestBackoffMs > windowMs - awayMs) {
    const left = awayMs === 0 ? "" : `, ${seconds(windowMs - awayMs)} after the last could come back,`;
    return none(
      "window-too-short",
      `${missed}; ${nobody}, but a device may wait ${seconds(longestBackoffMs)} between two attempts: ` +
        `a window of ${seconds(windowMs)}${left} is too short to tell`,
    );
  }
  const flapping = counts.lostAtEnd > 0 ? `; ${lost(counts)}` : "";
  const sustaining = sustainingLoads(storm);
  if (sustaining.length > 0) {
    const reason = `${missed}${flapping}; ${nobody}, yet those who are out offered ${sustaining.join(" and ")}`;
    return { verdict: "metastable", absence: null, reason };
  }
  const loads = loadsOf(storm);
  const unknown = loads.filter(({ offered, sustained }) => offered > 0 && sustained === null);
  if (unknown.length > 0) {
    const offered = unknown.map((load) => `${rate(load.offered)} ${load.unit}`).join(" and ");
    const reason = `${missed}; ${nobody}; those who are out offered ${offered}, and the target was never seen to take any: whether it is overloaded is not known`;
    return none("capacity-unknown", reason);
  }
  // Where there are regions, those that were not asked at all say nothing.
  const asked = loads.filter(
    (load): load is KnownLoad & { sustained: number } =>
      load.sustained !== null && (storm.regions.length === 0 || load.offered > 0),
  );
  const offers = asked.map(
    ({ offered, sustained, unit }) => `${rate(offered)} of ${rate(sustained)} ${unit}`,
  );
  const offer =
    offers.length === 0 ? "nothing" : `${offers.join(" and ")} that the target is known to sustain`;
  const reason = `${missed}${flapping}; ${nobody}, and those who are out offered ${offer}: something is broken, not overloaded`;
  return { verdict: "stalled", absence: null, reason };
}

/** So many try no more that the target cannot be reached any more, however long the window. */
function whoStopped(storm: StormEvidence, missed: string): Judgement {
  const stopped = `${plural(storm.counts.stopped, "device")} had been told to stop, or had given up, and do not come back by themselves`;
  const sustaining = sustainingLoads(storm);
  if (sustaining.length > 0) {
    const reason = `${missed}; ${stopped}; those who still try offered ${sustaining.join(" and ")}`;
    return { verdict: "metastable", absence: null, reason };
  }
  return { verdict: "stalled", absence: null, reason: `${missed}; ${stopped}` };
}

/** @param missing devices between those that came back and the target */
function comesBack({ counts, lastStretch }: StormEvidence, missing: number): boolean {
  const few = counts.affected * NOBODY_SHARE;
  if (lastStretch.back < Math.max(1, missing > 0 ? Math.min(few, missing) : few)) return false;
  // Where devices are lost as fast as they come back, the fleet is getting nowhere.
  return counts.lostAtEnd < few || lastStretch.readyGained >= lastStretch.back / 2;
}

interface KnownLoad {
  unit: string;
  /** What the target did with it before the storm. */
  done: string;
  offered: number;
  sustained: number | null;
}

function loadsOf({ offered, sustained, regions }: StormEvidence): KnownLoad[] {
  const places = regions.length === 0 ? [{ name: null, offered, sustained }] : regions;
  return places.flatMap(({ name, ...rates }): KnownLoad[] => {
    const where = name === null ? "" : ` in region ${name}`;
    return [
      {
        unit: `connects/s${where}`,
        done: "accepted",
        offered: rates.offered.connectsPerS,
        sustained: rates.sustained.connectsPerS,
      },
      {
        unit: `config requests/s${where}`,
        done: "answered",
        offered: rates.offered.configRequestsPerS,
        sustained: rates.sustained.configRequestsPerS,
      },
    ];
  });
}

/** The loads by which those who are out keep themselves out. */
function sustainingLoads(storm: StormEvidence): string[] {
  return loadsOf(storm).flatMap(({ unit, done, offered, sustained }) =>
    sustained !== null && offered > 0 && offered >= sustained
      ? `${rate(offered)} ${unit}, at least the ${rate(sustained)} ${done} before the storm`
      : [],
  );
}

/** Returns null where the target share of the affected devices, and of the whole fleet, is ready when the window ends. */
function shortfallAtEnd(counts: StormEvidence["counts"], target: number): string | null {
  const affected = counts.affected - counts.leftByScript - counts.leftAfterRecovery;
  const fleet = fleetDue(counts);
  if (isBelow(counts.fleetReadyAtEnd, target, fleet)) {
    return `at its end only ${counts.fleetReadyAtEnd} of ${fleet} devices of the fleet were (${percentReached(counts.fleetReadyAtEnd / fleet)})`;
  }
  if (isBelow(counts.readyAtEnd, target, affected)) {
    return `at its end only ${counts.readyAtEnd} of them were (${percentReached(counts.readyAtEnd / affected)})`;
  }
  return null;
}

/** The devices that are out at the end were ready since the storm came: without their loss the target would have been held. */
function isRelapse(counts: StormEvidence["counts"], target: number): boolean {
  const fleet = fleetDue(counts);
  return !isBelow(counts.fleetReadyAtEnd + counts.lostAtEnd, target, fleet);
}

function lost({ lostAgain, unaffectedLost }: StormEvidence["counts"]): string {
  const parts = [
    ...(lostAgain > 0
      ? [`${plural(lostAgain, "affected device")} came back and lost the connection again`]
      : []),
    ...(unaffectedLost > 0
      ? [`${plural(unaffectedLost, "device")} that the storm had left alone lost it too`]
      : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "devices that had been ready were out";
}

function alreadyOffline({ alreadyOffline: n }: StormEvidence["counts"]): string {
  return n > 0 ? ` (${n} already offline before the storm)` : "";
}

function endedEarly(windowMs: number, plannedMs: number): string {
  return `the run ended after ${seconds(windowMs)} of ${seconds(plannedMs)}, for all storms had recovered`;
}

function none(absence: VerdictAbsence, reason: string): Judgement {
  return { verdict: null, absence, reason };
}

function isBelow(part: number, share: number, whole: number): boolean {
  return part < whole * share - 1e-9;
}

function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

function rate(perS: number): string {
  return String(Number(perS.toPrecision(3)));
}
