import type { FailoverPlan } from "../region/failover.ts";
import type { Target, UrlTarget } from "./target.ts";

/** One of the targets of a script that has several. */
export interface RegionPlan<Where extends Target = Target> {
  name: string;
  weight: number;
  target: Where;
}

/** A region whose address is known: the lab's are once it was started. */
export type KnownRegion = RegionPlan<UrlTarget>;

/** All regions of a script. */
export interface RegionsPlan<Where extends Target = Target> {
  /** In the script's order; at least two. */
  list: readonly RegionPlan<Where>[];
  failover: Omit<FailoverPlan, "regions">;
}
