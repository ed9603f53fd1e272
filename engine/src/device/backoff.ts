/**
 * How long a device waits before it tries to connect again. Pure: numbers in, milliseconds out; the device keeps the
 * attempt count and the previous wait, and draws the random number.
 *
 * Names and formulas: AWS Architecture Blog, "Exponential Backoff and Jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and its simulator
 * (https://github.com/aws-samples/aws-arch-backoff-simulator, src/backoff_simulator.py). engine/docs/backoff.md explains.
 */

/** The wait before attempt `attempt`, in milliseconds: never negative, NaN or infinite. Allocates nothing. */
export type BackoffDelay = (
  /** Attempts made since the count last started again: 0 before the first. */
  attempt: number,
  /** What this function returned for the attempt before; ignored at attempt 0. */
  previousMs: number,
  /** One uniform draw from [0, 1). */
  random: number,
) => number;

/** When a device's count of attempts starts again from 0. */
export type ResetAfter = "connack" | "ready" | { connectedMs: number };

/** Jitter of a client that waits whole seconds, or whole anything. */
export interface SteppedJitter {
  /** The wait times low and times high, both rounded down to whole steps: each step between them is equally likely. */
  low: number;
  high: number;
  stepMs: number;
  /** The client looks at its clock only this often, at a phase nobody knows: adds uniform(0, tickMs). */
  tickMs?: number;
}

interface Lead {
  /** Waits before the first attempts, taken as they are; the policy's own count starts at 0 after them. */
  leadMs?: readonly number[];
}

interface Growth extends Lead {
  baseMs: number;
  capMs: number;
  /** Growth per attempt, 2 unless given. */
  factor?: number;
}

export interface ImmediateBackoff extends Lead {
  policy: "immediate";
}
export interface FixedBackoff extends Lead {
  policy: "fixed";
  baseMs: number;
  /** Share by which the wait varies either way (0.25 is ± 25 %). */
  jitter?: number | SteppedJitter;
}
export interface ExponentialBackoff extends Growth {
  policy: "exponential";
  /** Share by which the wait varies either way (0.25 is ± 25 %). */
  jitter?: number | SteppedJitter;
  /** The cap applies to the jittered wait: waits at the cap have no jitter left. Otherwise the jitter may exceed the cap. */
  capAfterDraw?: boolean;
  /** No wait of the policy is shorter than this. `leadMs` may be. */
  floorMs?: number;
}
export interface FullJitterBackoff extends Growth {
  policy: "full-jitter";
  /** min(cap, uniform(0, base * factor^n)) in place of uniform(0, min(cap, base * factor^n)). */
  capAfterDraw?: boolean;
}
export interface EqualJitterBackoff extends Growth {
  policy: "equal-jitter";
}
export interface DecorrelatedJitterBackoff extends Lead {
  policy: "decorrelated-jitter";
  baseMs: number;
  capMs: number;
}
export interface UniformBackoff extends Lead {
  policy: "uniform";
  windowMs: number;
}

export type BackoffSpec =
  | ImmediateBackoff
  | FixedBackoff
  | ExponentialBackoff
  | FullJitterBackoff
  | EqualJitterBackoff
  | DecorrelatedJitterBackoff
  | UniformBackoff;

export type BackoffPolicy = BackoffSpec["policy"];

type PolicyTable = { [P in BackoffPolicy]: (spec: Extract<BackoffSpec, { policy: P }>) => BackoffDelay };

/** The seven policies. `temp` is min(cap, base * factor^n). */
const POLICIES: PolicyTable = {
  immediate: () => () => 0,

  fixed: ({ baseMs, jitter }) => {
    if (jitter === undefined) return () => baseMs;
    const vary = createJitter(jitter);
    return (_attempt, _previousMs, random) => vary(baseMs, random);
  },

  exponential: ({ baseMs, capMs, factor = 2, jitter, capAfterDraw = false, floorMs = 0 }) => {
    if (jitter === undefined && floorMs === 0) {
      return (attempt) => grow(baseMs, factor, attempt, capMs);
    }
    const vary = createJitter(jitter ?? 0);
    if (capAfterDraw) {
      return (attempt, _previousMs, random) =>
        Math.max(floorMs, Math.min(capMs, vary(grow(baseMs, factor, attempt, UNCAPPED_MS), random)));
    }
    return (attempt, _previousMs, random) =>
      Math.max(floorMs, vary(grow(baseMs, factor, attempt, capMs), random));
  },

  "full-jitter": ({ baseMs, capMs, factor = 2, capAfterDraw = false }) =>
    capAfterDraw
      ? (attempt, _previousMs, random) => Math.min(capMs, random * grow(baseMs, factor, attempt, UNCAPPED_MS))
      : (attempt, _previousMs, random) => random * grow(baseMs, factor, attempt, capMs),

  "equal-jitter": ({ baseMs, capMs, factor = 2 }) => {
    return (attempt, _previousMs, random) => {
      const half = grow(baseMs, factor, attempt, capMs) / 2;
      return half + random * half;
    };
  },

  "decorrelated-jitter": ({ baseMs, capMs }) => {
    return (attempt, previousMs, random) => {
      const previous = attempt === 0 ? baseMs : Math.max(baseMs, Math.min(capMs, previousMs));
      return Math.min(capMs, baseMs + random * (3 * previous - baseMs));
    };
  },

  uniform: ({ windowMs }) => {
    return (_attempt, _previousMs, random) => random * windowMs;
  },
};

export const BACKOFF_POLICIES: readonly BackoffPolicy[] = Object.keys(POLICIES) as BackoffPolicy[];

/** Stands in for "no cap" and keeps 2^10000 finite; far beyond any wait, small enough that no jitter overflows it. */
const UNCAPPED_MS = 2 ** 63;

/** Compiles a policy once per cohort. Throws a RangeError for a number that is no duration, naming its key. */
export function createBackoff(spec: BackoffSpec): BackoffDelay {
  check(spec);
  // The table's key and the spec's `policy` are the same literal; TypeScript cannot follow that through a union.
  const compile = POLICIES[spec.policy] as (spec: BackoffSpec) => BackoffDelay;
  const delay = compile(spec);
  const lead = spec.leadMs;
  if (lead === undefined || lead.length === 0) return delay;
  const count = lead.length;
  return (attempt, previousMs, random) =>
    attempt < count ? (lead[attempt] as number) : delay(attempt - count, previousMs, random);
}

/** The longest wait that a policy can come to, milliseconds, jitter included. */
export function longestBackoffMs(spec: BackoffSpec): number {
  return Math.max(policyLimitMs(spec), ...(spec.leadMs ?? []));
}

function policyLimitMs(spec: BackoffSpec): number {
  switch (spec.policy) {
    case "immediate":
      return 0;
    case "fixed":
      return jitterLimitMs(spec.baseMs, spec.jitter);
    case "uniform":
      return spec.windowMs;
    case "exponential":
      return spec.capAfterDraw
        ? Math.max(spec.floorMs ?? 0, spec.capMs)
        : Math.max(spec.floorMs ?? 0, jitterLimitMs(spec.capMs, spec.jitter));
    case "full-jitter":
    case "equal-jitter":
    case "decorrelated-jitter":
      return spec.capMs;
  }
}

function jitterLimitMs(ms: number, jitter: number | SteppedJitter = 0): number {
  return typeof jitter === "number" ? ms * (1 + jitter) : createJitter(jitter)(ms, 1 - Number.EPSILON);
}

/** min(limit, base * factor^attempt), for any attempt: where factor^attempt is Infinity, the limit. */
function grow(baseMs: number, factor: number, attempt: number, limitMs: number): number {
  if (baseMs === 0) return 0;
  const value = baseMs * factor ** attempt;
  return value < limitMs ? value : limitMs;
}

function createJitter(jitter: number | SteppedJitter): (ms: number, random: number) => number {
  if (typeof jitter === "number") return (ms, random) => ms * (1 - jitter + random * 2 * jitter);
  const { low, high, stepMs, tickMs = 0 } = jitter;
  return (ms, random) => {
    const first = Math.floor((ms * low) / stepMs);
    const pick = random * (Math.floor((ms * high) / stepMs) - first + 1);
    const index = Math.floor(pick);
    // What the choice of a step leaves of the draw is uniform again, and independent of the step.
    return (first + index) * stepMs + (pick - index) * tickMs;
  };
}

function check(spec: BackoffSpec): void {
  for (const [key, value] of Object.entries(spec)) {
    if (key.endsWith("Ms") && key !== "leadMs") requireDuration(key, value);
  }
  spec.leadMs?.forEach((value, index) => {
    requireDuration(`leadMs[${index}]`, value);
  });
  if ("factor" in spec && spec.factor !== undefined && !(spec.factor >= 1 && Number.isFinite(spec.factor))) {
    throw new RangeError(`backoff factor: ${spec.factor} is not a number of 1 or more`);
  }
  if (!("jitter" in spec) || spec.jitter === undefined) return;
  const { jitter } = spec;
  if (typeof jitter === "number") {
    if (!(jitter >= 0 && jitter <= 1))
      throw new RangeError(`backoff jitter: ${jitter} is not between 0 and 1`);
    return;
  }
  if (!(jitter.low >= 0 && jitter.high >= jitter.low && Number.isFinite(jitter.high))) {
    throw new RangeError(`backoff jitter: low ${jitter.low}, high ${jitter.high} is not a range from 0 up`);
  }
  if (!(jitter.stepMs >= 1)) throw new RangeError(`backoff jitter.stepMs: ${jitter.stepMs} is not 1 or more`);
  requireDuration("jitter.stepMs", jitter.stepMs);
  if (jitter.tickMs !== undefined) requireDuration("jitter.tickMs", jitter.tickMs);
}

function requireDuration(key: string, value: unknown): void {
  if (typeof value !== "number" || !(value >= 0) || value > MAX_DURATION_MS) {
    throw new RangeError(
      `backoff ${key}: ${value} is not a number of milliseconds from 0 to ${MAX_DURATION_MS}`,
    );
  }
}

/** About 285,000 years: whole milliseconds stay exact. */
const MAX_DURATION_MS = Number.MAX_SAFE_INTEGER;
