import type { BarrierPlan } from "./plan.ts";

/** When the time zero of a fleet is set that waits for its devices to be ready. */

/** How far a container is with its devices. */
export interface ContainerState {
  ordinal: number;
  /** Started so far. */
  devices: number;
  /** Of these, those that have been ready or have left. */
  ready: number;
  /** It starts no more. */
  arrivalsOver: boolean;
}

/** So long after it was set is time zero: everybody must have heard of it before. */
export const HEADWAY_MS = 5000;

/** All containers are there, none starts any more devices, and enough of all devices are ready. */
export function isProvisioned(
  states: readonly ContainerState[],
  containers: number,
  { share }: BarrierPlan,
): boolean {
  if (states.length < containers || states.some(({ arrivalsOver }) => !arrivalsOver)) return false;
  const devices = states.reduce((sum, state) => sum + state.devices, 0);
  const ready = states.reduce((sum, state) => sum + state.ready, 0);
  return ready >= share * devices;
}

/** What is still missing, one phrase each. */
export function missingAtBarrier(states: readonly ContainerState[], containers: number): string[] {
  const there = new Set(states.map(({ ordinal }) => ordinal));
  const absent = Array.from({ length: containers }, (_, ordinal) => ordinal).filter((one) => !there.has(one));
  const behind = states.flatMap(({ ordinal, devices, ready, arrivalsOver }) => {
    const who = containers > 1 ? `container ${ordinal}` : "this run";
    if (!arrivalsOver) return [`${who} still starts devices (${ready} of ${devices} so far are ready)`];
    return ready < devices ? [`${who} has ${ready} of ${devices} devices ready`] : [];
  });
  if (absent.length === 0) return behind;
  const named = absent.slice(0, MOST_NAMED).join(", ");
  const more = absent.length > MOST_NAMED ? ` and ${absent.length - MOST_NAMED} more` : "";
  return [`container ${named}${more} of ${containers} (counted from 0) has not come`, ...behind];
}

const MOST_NAMED = 10;
