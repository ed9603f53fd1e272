import type { VirtualClock } from "./clock.ts";
import type { Lane } from "./lane.ts";

/** Something that is due, and opens a connection. */
interface Opening {
  /** Another number by the time that it is let go: somebody does not want it any more. */
  readonly generation: number;
  start(): void;
}

/**
 * The load generator of a real run, as far as it is a limit: one event loop, which needs a constant time for each connection that a
 * device opens again, first come first served. What is due together in a real run is opened one after the other too: live/openings.ts.
 */
export class Generator {
  readonly #clock: VirtualClock;
  readonly #lane: Lane;
  readonly #costMs: number;
  #freeAtMs = 0;

  /** @param connects connections per second */
  constructor(clock: VirtualClock, connects: number) {
    this.#clock = clock;
    this.#lane = clock.lane();
    this.#costMs = 1000 / connects;
  }

  due(opening: Opening): void {
    const nowMs = this.#clock.now();
    const atMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = atMs + this.#costMs;
    if (atMs === nowMs) opening.start();
    else this.#clock.push(this.#lane, atMs - nowMs, letGo, opening, opening.generation);
  }
}

function letGo(opening: Opening, generation: number): void {
  if (opening.generation === generation) opening.start();
}
