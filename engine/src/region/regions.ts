import type { OpenTransport } from "../transport/transport.ts";
import { homeRegion, shareBounds } from "./assignment.ts";
import { RegionCounts } from "./counts.ts";
import type { FailoverPlan } from "./failover.ts";
import { type Loads, RegionLoads } from "./load.ts";
import { openRegions } from "./open.ts";

export interface RegionsOptions {
  /** They stand in the script's order; there are at least two. */
  regions: readonly { name: string; weight: number }[];
  failover: Omit<FailoverPlan, "regions">;
  seed: number;
  /** Counts of its own unless given. */
  loads?: Loads | undefined;
}

/** The regions of one worker: which are lost now, where devices are at home, and what is counted for each. */
export class Regions {
  readonly names: readonly string[];
  readonly failover: FailoverPlan;
  readonly counts: RegionCounts;
  readonly loads: Loads;
  readonly #lost = new Set<number>();
  readonly #bounds: readonly number[];
  readonly #seed: number;

  constructor({ regions, failover, seed, loads }: RegionsOptions) {
    this.names = regions.map(({ name }) => name);
    this.failover = { ...failover, regions: regions.length };
    this.counts = new RegionCounts(this.names);
    this.loads = loads ?? new RegionLoads(this.names);
    this.#bounds = shareBounds(regions.map(({ weight }) => weight));
    this.#seed = seed;
  }

  home(deviceNumber: number): number {
    return homeRegion(this.#bounds, this.#seed, deviceNumber);
  }

  /** From now on every attempt to connect there is refused. */
  lose(region: number): void {
    this.#lost.add(region);
  }

  restore(region: number): void {
    this.#lost.delete(region);
  }

  isLost(region: number): boolean {
    return this.#lost.has(region);
  }

  /** @param open one opener per region */
  opener(open: readonly OpenTransport[]): OpenTransport {
    return openRegions(open, this.#lost, "region_lost");
  }
}
