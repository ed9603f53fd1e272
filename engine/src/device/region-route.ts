import { type FailoverPlan, regionAfterFailure, regionAtLoss } from "../region/failover.ts";

/** The region of a device's next attempt. It is made only where the script has regions. */
export class RegionRoute {
  /** Counts from 0, in the script's order. While connected it is the region of the connection. */
  region: number;
  readonly #plan: FailoverPlan;
  readonly #home: number;
  /** The region of the last accepted connection; home before the first. */
  #connected: number;
  /** Counts attempts that failed in `region`, in a row. */
  #failures = 0;

  constructor(plan: FailoverPlan, home: number) {
    this.#plan = plan;
    this.#home = home;
    this.#connected = home;
    this.region = home;
  }

  /** Returns true where the device has failed over: to a region that is not its home, from another one. */
  accepted(): boolean {
    const failedOver = this.region !== this.#home && this.region !== this.#connected;
    this.#connected = this.region;
    this.#failures = 0;
    return failedOver;
  }

  /** True for a device that has been connected away from home for as long as the plan allows. */
  isDueHome(connectedMs: number): boolean {
    return this.region !== this.#home && connectedMs >= this.#plan.returnHomeMs;
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
