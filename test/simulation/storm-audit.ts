import type { WorkerStorm, WorkerStormCohort } from "../../engine/src/contract.ts";
import { COHORTS, same } from "./shared-recorder.ts";
import type { User } from "./user.ts";
import { Violation } from "./violation.ts";

/** What has become of the devices of one storm and cohort, counted apart from the engine's own count. */
interface Tally {
  fleet: number;
  affected: number;
  recovered: number;
  alreadyOffline: number;
  /** Neither at work nor gone because the script said so. */
  out: number;
  outAffected: number;
  lostAtEnd: number;
}

/** A storm has come just now: every device that was there has a part in it, and no other. */
export function auditOpening(index: number, users: readonly User[]): void {
  for (const { device, standing, goneAs } of users) {
    const isIn = standing.storm === index;
    if (goneAs !== null || (isIn && standing.role === "affected")) continue;
    // The same sweep may have sent it home since.
    if (isIn && standing.role === "unaffected" && device.state === "backoff") continue;
    const isThere = device.isReady || (device.wantsToBeOnline && !device.isArriving);
    const role = device.isReady ? "unaffected" : "already-offline";
    if (isIn !== isThere || (isThere && standing.role !== role))
      throw new Violation(
        `storm ${index} came, and device ${device.number}, ${device.state}, is ${standing.role}`,
      );
  }
}

/** Holds the report of a storm against the devices themselves, at the instant at which its window ends. */
export function auditStorm(storm: WorkerStorm, users: readonly User[]): void {
  if (storm.startedAtMs === null) return;
  COHORTS.forEach((name, cohort) => {
    const cell = storm.cohorts[name];
    if (cell === undefined) throw new Violation(`storm ${storm.index} has no cohort ${name}`);
    const own = users.filter(({ device }) => device.cohort === cohort);
    audit(`storm ${storm.index} (${storm.cause}), cohort ${name}`, cell, tally(storm.index, own));
  });
}

function audit(of: string, cell: WorkerStormCohort, tally: Tally): void {
  same(`${of}, fleet`, cell.fleet, tally.fleet);
  same(`${of}, affected`, cell.affected, tally.affected);
  same(`${of}, recovered`, cell.recovered, tally.recovered);
  same(`${of}, already offline`, cell.alreadyOffline, tally.alreadyOffline);
  same(`${of}, lost at the end`, cell.lostAtEnd, tally.lostAtEnd);
  const { readyAtEnd, leftByScript, leftAfterRecovery, fleetReadyAtEnd, fleetLeftByScript } = cell;
  same(
    `${of}, fates of the affected`,
    readyAtEnd + leftByScript + leftAfterRecovery + tally.outAffected,
    tally.affected,
  );
  same(`${of}, fates of all`, fleetReadyAtEnd + fleetLeftByScript + tally.out, tally.fleet);
  atMost(`${of}, affected of selected`, cell.affected, cell.selected);
  atMost(`${of}, affected of the fleet`, cell.affected, cell.fleet);
  atMost(`${of}, ready of recovered`, readyAtEnd, cell.recovered);
  atMost(`${of}, accepted of attempts`, cell.connectsAccepted, cell.connectAttempts);
}

function tally(storm: number, users: readonly User[]): Tally {
  const counts: Tally = {
    fleet: 0,
    affected: 0,
    recovered: 0,
    alreadyOffline: 0,
    out: 0,
    outAffected: 0,
    lostAtEnd: 0,
  };
  for (const { device, goneAs, standing } of users) {
    if (device.recoveredFrom.has(storm) && standing.storm === storm && standing.role !== "affected")
      throw new Violation(`a device recovered from storm ${storm}, which did not affect it`);
    if (standing.storm !== storm) continue;
    const isAffected = standing.role === "affected";
    const isGone = goneAs === "left" || (goneAs === null && !device.wantsToBeOnline);
    const isOut = !standing.hasLeft && !isGone && (goneAs === "failed" || !device.isReady);
    counts.fleet++;
    if (isAffected) counts.affected++;
    if (isAffected && standing.isBack) counts.recovered++;
    if (standing.role === "already-offline") counts.alreadyOffline++;
    if (isOut) counts.out++;
    if (isOut && isAffected) counts.outAffected++;
    if (isOut && standing.isBack) counts.lostAtEnd++;
  }
  return counts;
}

function atMost(what: string, actual: number, most: number): void {
  if (actual > most) throw new Violation(`${what}: ${actual} of ${most}`);
}
