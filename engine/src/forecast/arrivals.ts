import { parseDuration } from "../duration.ts";
import type { Problem } from "../script/problem.ts";

/** Devices that arrive one after the other, `everyMs` apart, the first of them `everyMs` after `fromMs`. */
export interface Arrivals {
  fromMs: number;
  count: number;
  everyMs: number;
  /** So many virtual users may be there at one time; beyond that an arrival is skipped. */
  maxVusers: number;
  /** Arrivals at random instants, with this mean. */
  isPoisson: boolean;
  /** How they are dealt out where there are several workers. */
  dealt: "by-rate" | "evenly" | "to-first";
}

const NUMBER = "a number that is not negative";
const DURATION = 'a duration: "500ms", "10s", "2m", "1h", or a number of seconds';

/**
 * Artillery's phases as arrivals, in the order of time. A phase of a whole number of arrivals per second has exactly those that
 * Artillery's own timer makes: its interval is cut to whole microseconds. A ramp changes its rate every second.
 * https://www.artillery.io/docs/reference/test-script#phases---load-phases
 */
export function arrivalsOf(
  phases: unknown,
): { arrivals: Arrivals[]; problems: [] } | { arrivals: null; problems: Problem[] } {
  const problems: Problem[] = [];
  if (!Array.isArray(phases) || phases.length === 0) {
    return {
      arrivals: null,
      problems: [{ path: "config.phases", value: phases, allowed: "a list of phases" }],
    };
  }
  const arrivals: Arrivals[] = [];
  let fromMs = 0;
  phases.forEach((phase: unknown, index) => {
    const read = readPhase(phase, `config.phases[${index}]`, problems);
    if (read === null) return;
    arrivals.push(...arrivalsOfPhase(read, fromMs));
    fromMs += read.durationMs;
  });
  return problems.length > 0 ? { arrivals: null, problems } : { arrivals, problems: [] };
}

interface Phase {
  durationMs: number;
  arrivalRate: number;
  arrivalCount: number | null;
  rampTo: number | null;
  maxVusers: number;
  isPoisson: boolean;
}

function readPhase(raw: unknown, path: string, problems: Problem[]): Phase | null {
  const before = problems.length;
  const phase = (raw ?? {}) as Record<string, unknown>;
  const number = (key: string): number | null => {
    const value = phase[key];
    if (value === undefined) return null;
    const known = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof known === "number" && Number.isFinite(known) && known >= 0) return known;
    problems.push({ path: `${path}.${key}`, value, allowed: NUMBER });
    return null;
  };
  const duration = (key: string): number | null => {
    const value = phase[key];
    if (value === undefined) return null;
    const ms = parseDuration(value);
    if (ms === null) problems.push({ path: `${path}.${key}`, value, allowed: DURATION });
    return ms;
  };
  const pauseMs = duration("pause");
  const durationMs = duration("duration");
  const read: Phase = {
    durationMs: pauseMs ?? durationMs ?? 1000,
    arrivalRate: pauseMs === null ? (number("arrivalRate") ?? 0) : 0,
    arrivalCount: pauseMs === null ? number("arrivalCount") : null,
    rampTo: pauseMs === null ? number("rampTo") : null,
    maxVusers: number("maxVusers") ?? Number.POSITIVE_INFINITY,
    isPoisson: phase["mode"] === "poisson",
  };
  if (raw === null || typeof raw !== "object")
    problems.push({ path, value: raw, allowed: "a phase: { duration, arrivalRate }" });
  return problems.length === before ? read : null;
}

function arrivalsOfPhase(phase: Phase, fromMs: number): Arrivals[] {
  const { durationMs, arrivalRate, arrivalCount, rampTo, maxVusers, isPoisson } = phase;
  const shared = { maxVusers, isPoisson: false } as const;
  if (arrivalCount !== null) {
    if (arrivalCount === 0 || durationMs === 0) return [];
    return [{ ...shared, dealt: "to-first", fromMs, ...evenly(durationMs / arrivalCount, durationMs) }];
  }
  if (rampTo !== null)
    return rampOf(arrivalRate, rampTo, durationMs, fromMs).map((one) => ({
      ...one,
      ...shared,
      dealt: "evenly",
    }));
  if (arrivalRate === 0) return [];
  const even = evenly(1000 / arrivalRate, durationMs);
  return [{ maxVusers, isPoisson, dealt: "by-rate", fromMs, ...even }];
}

/** Artillery's timer holds whole microseconds. */
function evenly(intervalMs: number, durationMs: number): { count: number; everyMs: number } {
  const intervalUs = Math.max(1, Math.floor(intervalMs * 1000));
  return { count: Math.floor((durationMs * 1000) / intervalUs), everyMs: intervalUs / 1000 };
}

/** Each second has a rate of its own; a single one has the mean. */
function rampOf(
  from: number,
  to: number,
  durationMs: number,
  startMs: number,
): Pick<Arrivals, "fromMs" | "count" | "everyMs">[] {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return Array.from({ length: seconds }, (_, second) => {
    const rate = seconds === 1 ? (from + to) / 2 : from + ((to - from) / (seconds - 1)) * second;
    const count = Math.round(rate);
    return { fromMs: startMs + second * 1000, count, everyMs: count === 0 ? 0 : 1000 / count };
  }).filter(({ count }) => count > 0);
}

export function devicesOf(arrivals: readonly Arrivals[]): number {
  return arrivals.reduce((sum, { count }) => sum + count, 0);
}

/** The same phases with so many devices in all: each keeps its length and its share. */
export function scaledTo(arrivals: readonly Arrivals[], devices: number): Arrivals[] {
  const total = devicesOf(arrivals);
  return recounted(
    arrivals,
    (before) => (before / total) * devices,
    (one, count) => ({ ...one, count, everyMs: count === 0 ? 0 : (one.everyMs * one.count) / count }),
  );
}

/**
 * The same phases with other whole numbers of devices, whose sums are the nearest to what is asked.
 *
 * @param upTo how many are to have arrived when so many of the script's have
 */
export function recounted(
  arrivals: readonly Arrivals[],
  upTo: (before: number) => number,
  change: (one: Arrivals, count: number) => Arrivals,
): Arrivals[] {
  let before = 0;
  let given = 0;
  return arrivals.map((one) => {
    before += one.count;
    const count = Math.round(upTo(before)) - given;
    given += count;
    return change(one, count);
  });
}
