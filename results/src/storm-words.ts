import { percent } from "./console/format.ts";
import type { StormFields } from "./summary-schema.ts";

/** `reset of 25 %`; a cause that has no fraction stands alone. */
export function stormWords({ cause, fraction }: Pick<StormFields, "cause" | "fraction">): string {
  return fraction === null ? cause : `${cause} of ${percent(fraction)}`;
}

/** Why a storm is not there. */
export function absence({ cause, fraction }: Pick<StormFields, "cause" | "fraction">): string {
  return cause === "external" && fraction !== null
    ? `did not happen: no worker lost ${percent(fraction)} of its online devices within one second`
    : "did not happen";
}
