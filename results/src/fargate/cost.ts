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
