import { log } from "../artillery.ts";
import type { WorkerShare } from "../device/identity.ts";
import { descriptorsPerDevice, type FleetPlan, uncorrelatedCohorts } from "../script/plan.ts";
import type { HostLimits } from "../transport/host-limits.ts";
import { localPortPaths } from "../transport/local-ports.ts";
import { INSECURE_WARNING, uncorrelatedWarning } from "./warnings.ts";

export interface PreflightOptions {
  plan: FleetPlan;
  /** The script's phases, which Artillery divided among the workers. */
  phases: unknown;
  share: WorkerShare;
  limits: HostLimits;
  /** Source addresses that devices take turns with; null where the kernel chooses. */
  sourceAddresses: number | null;
  /** How many brokers devices connect to. */
  brokers: number;
  /** The certificate of a broker is not verified. */
  isInsecure: boolean;
}

/** Says before the first virtual user what will go wrong, or make the figures doubtful: one worker for all. */
export function warnBeforeStart(options: PreflightOptions): void {
  const { plan, phases, share, limits, sourceAddresses, brokers, isInsecure } = options;
  if (share.worker !== 1) return;
  const lost = plan.storms.some(({ cause }) => cause === "regionLoss") ? 1 : 0;
  const paths = localPortPaths(sourceAddresses, brokers - lost);
  limits.check(phases, share.workers, paths, descriptorsPerDevice(plan));
  if (isInsecure) log(INSECURE_WARNING);
  for (const name of uncorrelatedCohorts(plan)) log(uncorrelatedWarning(name));
}
