import { type ArtilleryScript, containersDue, log } from "../artillery.ts";
import { type Container, deviceId, fleetNumber, type WorkerShare } from "../device/identity.ts";
import { givenValues } from "../script/client-ids.ts";
import { shortLists } from "../script/environment.ts";
import { descriptorsPerDevice, type FleetPlan, halfOpenShare, uncorrelatedCohorts } from "../script/plan.ts";
import { fleetSizeOf, isOneAtATime, sharedIdSentences } from "../script/shared-ids.ts";
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
  container: Container;
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
  for (const sentence of sharedIds(options)) log(`mqtt: WARNING: ${sentence}`);
}

/** Every container starts as many devices, and reads the same files. */
function sharedIds({ script, plan, share, devices, container }: PreflightOptions): string[] {
  const { phases } = script.config;
  if (isOneAtATime(phases, share.workers)) return [];
  const containers = containersDue() ?? container.of;
  const size = fleetSizeOf(script, plan.cohorts, {
    devices: devices && devices * containers,
    readers: threadsWithDevices(phases, share.workers) * containers,
    nameOf: (place) => deviceId(container, fleetNumber(container, place)),
  });
  return sharedIdSentences(plan.cohorts, givenValues(script), size);
}

/** Artillery gives the first thread all of `arrivalCount`, and every one its part of a rate. */
function threadsWithDevices(phases: unknown, workers: number): number {
  const all = Array.isArray(phases) ? (phases as Record<string, unknown>[]) : [];
  const isDivided = all.some(({ arrivalRate, rampTo }) => arrivalRate !== undefined || rampTo !== undefined);
  return isDivided ? workers : 1;
}
