import type { ClockOffset } from "../contract.ts";
import type { Container } from "../device/identity.ts";

/** A worker hears of those that are there within this time: before it has passed, one that has heard of nobody does not know that it is the first. */
export const LISTENING_MS = 3000;

export interface OwnClock {
  /** Epoch milliseconds. */
  wallMs: number;
  /** How far it is from the first worker's, or the place's; null where that was not measured. */
  offset: ClockOffset | null;
  container: Pick<Container, "name" | "ordinal" | "of">;
  /** No container that this one has heard of comes before it; null where it asks nobody. */
  isFirst: boolean | null;
  /** For how long it has listened for others; 0 where it asks nobody. */
  listenedMs: number;
}

/**
 * Epoch milliseconds of the clock that all workers of the run have in common: the first container's, and on one machine that machine's.
 * Null where this container's clock was held against nobody's.
 */
export function commonClockMs({ wallMs, offset, container, isFirst, listenedMs }: OwnClock): number | null {
  const { name, ordinal, of } = container;
  // All its workers read the same clock: what they would measure of each other is the way of the messages.
  if (of === 1 && name === "") return wallMs;
  if (offset !== null) return wallMs - offset.offsetMs;
  if (isFirst !== true) return null;
  const isFirstByNumber = of > 1 && ordinal === 0;
  return isFirstByNumber || listenedMs >= LISTENING_MS ? wallMs : null;
}
