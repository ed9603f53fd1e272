import { firstSentences } from "../run/first-sentences.ts";
import { highest, lowest } from "../run/highest-lowest.ts";
import type { MergedRun } from "../run/merge.ts";
import { duration } from "./number-words.ts";
import { containerName } from "./presence-words.ts";

/** Clocks that are this far apart make a spread of their own; hosts that are set by NTP are within some milliseconds. */
const CLOCKS_APART_MS = 50;
/** So many containers are named. */
const MOST_NAMED = 5;

/** What makes a run doubtful that no count shows by itself, in sentences; each with what to do about it. */
export function warningsOf(run: MergedRun): string[] {
  return [
    ...sameIds(run),
    ...ownTakeovers(run),
    ...takeovers(run),
    ...uncorrelated(run),
    ...clocksApart(run),
  ];
}

function sameIds({ sameIdsAs }: MergedRun): string[] {
  return sameIdsAs.map(
    (other) =>
      `run ${other} had devices with the same client ids at this broker at the same time: each took the other's sessions, and neither says anything of the broker; give one of them a clientIdPrefix, or, where both are parts of one fleet, another MQTT_FLEET_INDEX`,
  );
}

/** Connections that another client with the same client id took: only MQTT 5 says so. */
export function takeoversOf({ disconnects }: Pick<MergedRun, "disconnects">): number {
  return [...disconnects.values()].reduce((sum, causes) => sum + (causes.get("session_taken_over") ?? 0), 0);
}

function takeovers(run: MergedRun): string[] {
  const taken = takeoversOf(run) - run.ownTakeovers.count;
  if (taken <= 0) return [];
  return [
    `${taken} connections were taken over by another client with the same client id (MQTT 5 reason 0x8E): is the fleet's range of ids in use elsewhere?`,
  ];
}

function ownTakeovers({ ownTakeovers: { count, examples } }: MergedRun): string[] {
  if (count === 0) return [];
  const times = count === 1 ? "once" : `${count} times`;
  return [
    `devices of one fleet fight each other${sharedIdWords(examples)}: ${times} one lost its connection to another that came with the same id, so there were fewer devices than this says, and no verdict stands; give each its own, with {{ deviceId }} in connect.clientId`,
  ];
}

/** The client id that was fought for the most, and the two devices that were seen to first. */
export function sharedIdWords(examples: MergedRun["ownTakeovers"]["examples"]): string {
  const [worst] = examples.toSorted((a, b) => b.takeovers - a.takeovers);
  return worst === undefined
    ? ""
    : ` for client id ${JSON.stringify(worst.clientId)} (${worst.devices.join(" and ")})`;
}

function uncorrelated(run: MergedRun): string[] {
  const timeouts = [...run.counters.values()].reduce((sum, { configTimeouts }) => sum + configTimeouts, 0);
  return run.uncorrelated.map(
    (cohort) =>
      `cohort ${cohort} cannot tell an answer from that to an earlier request (${timeouts} of all config requests timed out): where one came late, it counted as in time, with too short a time; put {{ requestId }} into topic and responseTopic, or set correlation`,
  );
}

/**
 * Containers cut their devices at one instant of their own clocks, as far apart as these are; or of the clock of the place where they
 * met, which has no part in how far apart theirs are.
 */
function clocksApart({ clocks, storms }: MergedRun): string[] {
  const runs = [...Map.groupBy(clocks, ({ testRunId }) => testRunId).values()];
  return storms.length === 0
    ? []
    : runs.filter((of) => of.length > 1).flatMap((of) => clocksOfRun(of, storms));
}

function clocksOfRun(of: MergedRun["clocks"], storms: MergedRun["storms"]): string[] {
  const measured = of.flatMap(({ container, reading }) =>
    reading === null ? [] : { container, ...reading },
  );
  const ahead = measured.map(({ aheadMs }) => aheadMs);
  const [most, least] = [highest(ahead), lowest(ahead)];
  const said: string[] = [];
  const first = measured.find(({ aheadMs }) => aheadMs === most);
  const last = measured.find(({ aheadMs }) => aheadMs === least);
  if (first !== undefined && last !== undefined && first.aheadMs - last.aheadMs >= CLOCKS_APART_MS) {
    const within = first.uncertaintyMs + last.uncertaintyMs;
    const apartMs = highest(storms.flatMap(({ apart }) => apart?.ms ?? [])) ?? 0;
    const storm =
      apartMs >= (first.aheadMs - last.aheadMs) / 2
        ? "and so far apart were their storms"
        : "but their storms came together";
    said.push(
      `the clock of ${containerName(first.container)} is ${duration(first.aheadMs - last.aheadMs)} ahead of that of ${containerName(last.container)} (within ${duration(within)}), ${storm}: times are corrected by it; set the clocks of all hosts by NTP`,
    );
  }
  const unknown = of
    .filter(({ reading }) => reading === null)
    .map(({ container }) => containerName(container));
  if (unknown.length > 0) {
    const who = firstSentences(unknown, MOST_NAMED, "containers").join(", ");
    said.push(
      `clocks could not be held against the others': ${who}; how far apart devices were cut is known only as far as these clocks are right`,
    );
  }
  return said;
}
