/** Whether the fleet that a storm met is the one that was asked about: who has not got on yet has no part in the storm. */
import type { StormSummary } from "../judge/summary-schema.ts";

/** Of a fleet that has arrived at least so many are to be there when a storm comes. */
const PRESENT = 0.99;

/** When the last device has arrived. */
export function arrivedByMs(arrivals: readonly { fromMs: number; everyMs: number; count: number }[]): number {
  return Math.max(0, ...arrivals.map(({ fromMs, everyMs, count }) => fromMs + everyMs * count));
}

/**
 * How many devices a storm should have met; null where that is the script's own choice: it comes while they arrive.
 *
 * @param devices that the run had in all
 */
export function dueAt(
  { at, happened }: Pick<StormSummary, "at" | "happened">,
  devices: number,
  arrivedMs: number,
): number | null {
  return happened && at >= arrivedMs ? devices : null;
}

/** A verdict of the rest says nothing of a fleet of which too few were there. */
export function isThere({ fleet, due }: { fleet: number; due: number | null }): boolean {
  return due === null || fleet >= due * PRESENT;
}

/**
 * Devices leave as the script says, before its last storm is over: how many are there then is its own choice.
 *
 * @param scenarios as the user wrote them
 */
export function leaveByThemselves(scenarios: unknown): boolean {
  if (!Array.isArray(scenarios)) return false;
  return scenarios.some((one) => {
    const steps = stepsIn((one as { flow?: unknown } | null)?.flow);
    const isOpen = ([name, value]: [string, unknown]): boolean =>
      name === "stayOnline" && (value as { for?: unknown } | null)?.for === undefined;
    return steps.some(([name]) => name === "disconnect") || !steps.some(isOpen);
  });
}

/** Every key with its value, steps within steps included. */
function stepsIn(value: unknown): [string, unknown][] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name, inner] as [string, unknown],
    ...stepsIn(inner),
  ]);
}
