import { percent, printable } from "./console/format.ts";
import type { StormFields } from "./summary-schema.ts";

/** `reset of 25 %`, `loss of region eu`; a cause that has no fraction stands alone. */
export function stormWords({
  cause,
  fraction,
  region,
}: Pick<StormFields, "cause" | "fraction" | "region">): string {
  if (region !== null) return `loss of region ${printable(region)}`;
  return fraction === null ? cause : `${cause} of ${percent(fraction)}`;
}

/** Why a storm is not there. */
export function absence({ cause, fraction }: Pick<StormFields, "cause" | "fraction">): string {
  return cause === "external" && fraction !== null
    ? `did not happen: no worker lost ${percent(fraction)} of its online devices within one second`
    : "did not happen";
}
