import type { ScriptNeeds } from "artillery-engine-mqtt/check";

/**
 * List prices of Fargate for Linux on x86 in us-east-1, US dollars, billed by the second, at least one minute. Other regions are
 * up to a third dearer; Spot is cheaper by up to 70 %, and its price moves.
 * https://aws.amazon.com/fargate/pricing/, https://aws.amazon.com/vpc/pricing/
 */
export const PRICES = {
  asOf: "April 2026",
  region: "us-east-1",
  vcpuHour: 0.04048,
  gibHour: 0.004445,
  /** Each container has one, unless it is told otherwise. */
  publicAddressHour: 0.005,
} as const;

/** What Artillery asks for unless it is told otherwise. */
export const DEFAULT_VCPU = 4;
export const DEFAULT_GIB = 8;

/** From a container's start to the first device (image, modules, waiting for all), and from the last one to its end. */
const AROUND_S = 240;

export interface Launch {
  containers: number;
  vcpu: number;
  gib: number;
  /** Of the run itself, seconds. */
  runS: number;
}

/** Where time zero waits for all devices, it is so long after the last of them is ready (many-machines.md of the engine). */
const READY_HEADWAY_MS = 5000;

/** How long the run takes, from the first device to the end of the last window, seconds; not how long a slow fleet may take. */
export function runSeconds(
  { phasesMs, stormsEndMs, timeZeroFrom }: Pick<ScriptNeeds, "phasesMs" | "stormsEndMs" | "timeZeroFrom">,
  containers: number,
): number {
  if (stormsEndMs === null) return phasesMs / 1000;
  const isAfterPhases = timeZeroFrom === "ready" || (timeZeroFrom === null && containers > 1);
  const runMs = isAfterPhases ? phasesMs + READY_HEADWAY_MS + stormsEndMs : Math.max(phasesMs, stormsEndMs);
  return runMs / 1000;
}

/** US dollars, without traffic. */
export function costOf({ containers, vcpu, gib, runS }: Launch): number {
  const hours = (runS + AROUND_S) / 3600;
  const perHour = vcpu * PRICES.vcpuHour + gib * PRICES.gibHour + PRICES.publicAddressHour;
  return containers * hours * perHour;
}

/** Whole numbers up to so many are vCPU or GB, as Artillery's launcher reads its --cpu and --memory; larger ones are units or MiB. */
export function readSize(text: string | undefined, mostUnits: number, fallback: number): number | null {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) return null;
  return value <= mostUnits ? value : value / 1024;
}
