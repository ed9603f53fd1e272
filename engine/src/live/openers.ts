import type { Regions } from "../region/regions.ts";
import type { CohortPlan } from "../script/plan.ts";
import type { UrlTarget } from "../script/target.ts";
import { followEndpoints } from "../transport/endpoints.ts";
import { createOpener, type OpenerOptions } from "../transport/open.ts";
import type { OpenTransport } from "../transport/transport.ts";

/** What the openers of all cohorts share. */
export interface OpenersOptions {
  /** Devices connect to these: one, or one for each region. */
  targets: readonly UrlTarget[];
  /** Null where the script has none. */
  regions: Pick<Regions, "opener"> | null;
  openers: OpenerOptions;
}

/** Opens the connections of a cohort's devices, in the region that each is in. */
export function openerOf(cohort: CohortPlan, { targets, regions, openers }: OpenersOptions): OpenTransport {
  const options = { ...openers, resume: cohort.resume ?? openers.resume };
  // There is one per target. Servers that a broker names instead of itself are opened the same way.
  const open = targets.map(({ endpoint }) =>
    followEndpoints(
      createOpener(endpoint, options),
      (host, port) => createOpener({ ...endpoint, host, port }, options),
      endpoint.port,
    ),
  );
  return regions === null ? (open[0] as OpenTransport) : regions.opener(open);
}
