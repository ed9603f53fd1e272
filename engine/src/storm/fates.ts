import { STORM_FATES, type StormFate } from "../contract.ts";
import type { Standing } from "../device/standing.ts";

/** How many devices of one cohort met which fate in one storm. */
export type Fates = Record<StormFate, number>;

export function noFates(): Fates {
  return Object.fromEntries(STORM_FATES.map((fate) => [fate, 0])) as Fates;
}

/**
 * How a device stands now: at work, on its way, no longer trying, not yet aware that its connection is gone, gone because the script
 * said so, or gone because its flow failed.
 */
export type Whereabouts = "ready" | "out" | "stopped" | "unaware" | "left" | "failed";

/** Adds one device that has a part in the storm. */
export function addFate(fates: Fates, standing: Standing, whereabouts: Whereabouts): void {
  const isAffected = standing.role === "affected";
  fates.fleet++;
  if (standing.role === "already-offline") fates.alreadyOffline++;
  if (!standing.hadBeenReady) fates.neverReady++;
  // This holds even where it has come again since.
  if (standing.hasLeft) {
    fates.fleetLeftByScript++;
    fates.leftByScript++;
    return;
  }
  if (standing.isLost && isAffected) fates.lostAgain++;
  if (standing.isLost && standing.role === "unaffected") fates.unaffectedLost++;
  if (whereabouts === "ready") {
    fates.fleetReadyAtEnd++;
    if (isAffected) fates.readyAtEnd++;
  } else if (whereabouts === "left") {
    fates.fleetLeftByScript++;
    if (isAffected) fates[standing.isBack ? "leftAfterRecovery" : "leftByScript"]++;
  } else {
    if (standing.isBack) fates.lostAtEnd++;
    if (whereabouts === "unaware") fates.unaware++;
    if (whereabouts === "stopped") fates.stopped++;
  }
}
