import { type FailoverPlan, regionAfterFailure, regionAtLoss } from "./failover.ts";

/** The region of a device's next attempt. Only made where the script has regions. */
export class RegionRoute {
  /** From 0, in the script's order. While connected: where. */
  region: number;
  readonly #plan: FailoverPlan;
  readonly #home: number;
  /** In `region`, in a row. */
  #failures = 0;

  constructor(plan: FailoverPlan, home: number) {
    this.#plan = plan;
    this.#home = home;
    this.region = home;
  }

  accepted(): void {
    this.#failures = 0;
  }

  /** The connection was lost. */
  lost(): void {
    this.region = regionAtLoss(this.#plan, this.#home, this.region);
    this.#failures = 0;
  }

  /** An attempt ended before its CONNACK. `random` gives a number in [0, 1), asked for only where it counts. */
  failed(random: () => number): void {
    this.#failures++;
    const draw = this.#plan.policy === "random" && this.#failures >= this.#plan.after ? random() : 0;
    const region = regionAfterFailure(this.#plan, this.region, this.#failures, draw);
    if (region !== this.region) this.#failures = 0;
    this.region = region;
  }
}
