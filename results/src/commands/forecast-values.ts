import { parseShare } from "artillery-engine-mqtt/contract";
import { InvalidArgumentError } from "commander";

/** Values of the options of `forecast`, as Commander hands them over: text in, a value or what is allowed out. */

const SUFFIXES: Record<string, number> = { "": 1, k: 1000, m: 1_000_000 };

const MOST_DEVICES = 100_000_000;

export function deviceCount(text: string): number {
  return devicesFrom(text, 1);
}

function devicesFrom(text: string, least: number): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  const value =
    match === null ? Number.NaN : Number(match[1]) * (SUFFIXES[(match[2] ?? "").toLowerCase()] ?? 1);
  if (!Number.isInteger(value) || value < least || value > MOST_DEVICES)
    throw new InvalidArgumentError(
      `allowed: a whole number from ${least} to 100M, such as 250000, 250k or 1M`,
    );
  return value;
}

/** Several are separated by commas, or the option is repeated; none twice. */
export function shares(text: string, before: number[] | undefined): number[] {
  return [...new Set([...(before ?? []), ...text.split(",").map((one) => share(one.trim()))])];
}

function share(text: string): number {
  const value = parseShare(text) ?? Number.NaN;
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError(
      "allowed: a share above 0 and up to 1, such as 0.25 or 25 %, or several: 0.25,0.5,1",
    );
  return value;
}

/** Of fewer, no percentile is near enough to be told. */
const SMALLEST_SAMPLE = 1000;

export function sampleCount(text: string): number {
  return devicesFrom(text, SMALLEST_SAMPLE);
}

/** As many as the files of one worker each are still a handful. */
const MOST_WORKERS = 64;

export function workerCount(text: string): number {
  const value = integerIn(text);
  if (value === null || value < 1 || value > MOST_WORKERS)
    throw new InvalidArgumentError(`allowed: a whole number from 1 to ${MOST_WORKERS}`);
  return value;
}

export function wholeNumber(text: string): number {
  const value = integerIn(text);
  if (value === null) throw new InvalidArgumentError("allowed: a whole number");
  return value;
}

export function positive(text: string): number {
  const value = integerIn(text);
  if (value === null || value < 1) throw new InvalidArgumentError("allowed: a whole number above 0");
  return value;
}

/** As people write one: not `0x2`, not `1e3`. Null for anything else. */
function integerIn(text: string): number | null {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

export function another(directory: string, earlier: string[]): string[] {
  return [...earlier, directory];
}
