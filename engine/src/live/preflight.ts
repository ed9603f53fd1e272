import { type ArtilleryScript, log } from "../artillery.ts";
import type { WorkerShare } from "../device/identity.ts";
import { shortLists } from "../script/environment.ts";
import { descriptorsPerDevice, type FleetPlan, halfOpenShare, uncorrelatedCohorts } from "../script/plan.ts";
import type { HostLimits, PortSupply } from "../transport/host-limits.ts";
import { INSECURE_WARNING, shortListWarning, uncorrelatedWarning } from "./warnings.ts";

export interface PreflightOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  share: WorkerShare;
  limits: HostLimits;
  /** Of all workers of this host; null where nobody knows. */
  devices: number | null;
  supply: PortSupply;
  /** The certificate of a broker is not verified. */
  isInsecure: boolean;
}

/** Says before the first virtual user what will go wrong, or make the figures doubtful: one worker for all. */
export function warnBeforeStart(options: PreflightOptions): void {
  const { script, plan, share, limits, devices, supply, isInsecure } = options;
  if (share.worker !== 1) return;
  for (const list of shortLists(script)) log(shortListWarning(list));
  limits.check(devices, descriptorsPerDevice(plan), supply, halfOpenShare(plan));
  if (isInsecure) log(INSECURE_WARNING);
  for (const name of uncorrelatedCohorts(plan)) log(uncorrelatedWarning(name));
}
