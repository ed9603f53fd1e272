import type { DevicePlan } from "./plan.ts";

/** How often a device has tried in vain, and how long it waited last: what its back-off policy goes by. */
export class Retries {
  readonly #plan: DevicePlan;
  #attempt = 0;
  #previousDelayMs: number;

  constructor(plan: DevicePlan) {
    this.#plan = plan;
    this.#previousDelayMs = plan.backoffBaseMs;
  }

  /** Milliseconds until the next attempt. `random` is uniform in [0, 1). */
  nextDelayMs(random: number): number {
    const delayMs = this.#plan.backoff(this.#attempt, this.#previousDelayMs, random);
    this.#attempt++;
    this.#previousDelayMs = delayMs;
    return delayMs;
  }

  reset(): void {
    this.#attempt = 0;
    this.#previousDelayMs = this.#plan.backoffBaseMs;
  }
}
