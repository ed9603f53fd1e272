import type { FailoverPlan } from "../region/failover.ts";
import type { ReadRegion } from "./read.ts";
import { failover as failoverSettings } from "./regions.ts";
import type { EngineSettings } from "./schema.ts";
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
  /** They stand in the script's order; there are at least two. */
  list: readonly RegionPlan<Where>[];
  failover: Omit<FailoverPlan, "regions">;
}

/** Null where the script has one target. */
export function planRegions(
  regions: readonly ReadRegion[] | null,
  { failover }: Pick<EngineSettings, "failover">,
): RegionsPlan | null {
  if (regions === null) return null;
  const { returnHome, ...rest } = failover ?? failoverSettings.parse({});
  return {
    list: regions.map(({ name, weight, target }): RegionPlan => {
      if ("problem" in target) throw new TypeError(`the URL of region ${name} was not checked`);
      return { name, weight, target };
    }),
    failover: { ...rest, returnHomeMs: returnHome === "never" ? Number.POSITIVE_INFINITY : returnHome },
  };
}
