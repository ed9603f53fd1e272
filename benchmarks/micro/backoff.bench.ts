import {
  ConstantBackoff,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  fullJitterGenerator,
  halfJitterGenerator,
  handleAll,
  type IBackoff,
  noJitterGenerator,
  retry,
} from "cockatiel";
import { backOff } from "exponential-backoff";
import { type BackoffSpec, createBackoff } from "../../engine/src/device/backoff.ts";
import { PRESETS } from "../../engine/src/device/backoff-presets.ts";
import { hashRandom } from "../../engine/src/random.ts";
import { type AsyncCase, type Case, each, type Scale, type Table } from "./suite.ts";

const SPECS: readonly BackoffSpec[] = [
  { policy: "full-jitter", baseMs: 1000, capMs: 30_000 },
  { policy: "immediate" },
  { policy: "fixed", baseMs: 1000 },
  { policy: "exponential", baseMs: 1000, capMs: 30_000 },
  { policy: "equal-jitter", baseMs: 1000, capMs: 30_000 },
  { policy: "decorrelated-jitter", baseMs: 1000, capMs: 30_000 },
  { policy: "uniform", windowMs: 30_000 },
];

/** Attempts of one outage: then the count starts again, as it does for a device that is ready. */
const ATTEMPTS = 8;

/** A decision as a device makes it: the seeded draw included. */
function decide(name: string, spec: BackoffSpec, batch: number): Case {
  const delay = createBackoff(spec);
  let previousMs = 1000;
  return each(name, batch, (i) => {
    previousMs = delay(i % ATTEMPTS, previousMs, hashRandom(42, i, i % ATTEMPTS));
    return previousMs;
  });
}

/** cockatiel's way: `next()` gives an object that holds the wait and makes the next. */
function cockatiel(name: string, batch: number, start: () => IBackoff<unknown>): Case {
  let current = start();
  return each(`cockatiel: ${name}`, batch, (i) => {
    current = i % ATTEMPTS === 0 ? start() : current.next(undefined);
    return current.duration;
  });
}

/** Failures of each retry before it succeeds. */
const FAILURES = 3;

/** `count` retries at a time, all with waits of 0 ms, so that Node's shortest timer (1 ms) is shared by all of them. */
function retries(name: string, count: number, one: (device: number) => Promise<void>): AsyncCase {
  return {
    name,
    operations: count * FAILURES,
    async runAsync() {
      const all: Promise<void>[] = [];
      for (let device = 0; device < count; device++) all.push(one(device));
      await Promise.all(all);
      return all.length;
    },
  };
}

/** Fails `FAILURES` times as a refused connection would, then succeeds. */
function failing(): () => Promise<void> {
  let attempts = 0;
  return async () => {
    if (attempts++ < FAILURES) throw REFUSED;
  };
}

/** All share one: the price of a stack trace is not the packages'. */
const REFUSED = new Error("refused");

/** Waits as a device does: a decision, and a timer whose callback and argument are shared. */
function sharedCallback(count: number): AsyncCase {
  const delay = createBackoff({ policy: "full-jitter", baseMs: 1000, capMs: 30_000 });
  return {
    name: "engine: decision and a timer with a shared callback",
    operations: count * FAILURES,
    runAsync: () =>
      new Promise((resolve) => {
        const attempts = new Uint8Array(count);
        let left = count;
        let decidedMs = 0;
        const attempt = (device: number): void => {
          const failures = attempts[device] as number;
          if (failures === FAILURES) {
            if (--left === 0) resolve(decidedMs);
            return;
          }
          attempts[device] = failures + 1;
          decidedMs += delay(failures, 1000, hashRandom(42, device, failures));
          setTimeout(attempt, 0, device);
        };
        for (let device = 0; device < count; device++) attempt(device);
      }),
  };
}

function wholeRetries(devices: number): AsyncCase[] {
  const count = Math.ceil(devices / 5);
  const policy = retry(handleAll, { maxAttempts: FAILURES, backoff: new ConstantBackoff(0) });
  return [
    sharedCallback(count),
    retries("cockatiel: retry, the whole", count, () => policy.execute(failing())),
    retries("exponential-backoff: backOff, the whole", count, () =>
      backOff(failing(), { startingDelay: 0, jitter: "full" }),
    ),
  ];
}

export function tables({ batch, devices }: Scale): Table[] {
  const limits = { initialDelay: 1000, maxDelay: 30_000 };
  const exponential = <S>(
    generator: NonNullable<ConstructorParameters<typeof ExponentialBackoff<S>>[0]>["generator"],
  ): (() => IBackoff<unknown>) => {
    const factory = new ExponentialBackoff({ ...limits, ...(generator === undefined ? {} : { generator }) });
    return () => factory.next();
  };
  const constant = new ConstantBackoff(1000);
  return [
    {
      title: "backoff policies",
      operation: "decision, seeded draw included",
      cases: [
        ...SPECS.map((spec) => decide(spec.policy, spec, batch)),
        cockatiel("constant", batch, () => constant.next()),
        cockatiel("no jitter", batch, exponential(noJitterGenerator)),
        cockatiel("full jitter", batch, exponential(fullJitterGenerator)),
        cockatiel("half jitter", batch, exponential(halfJitterGenerator)),
        cockatiel(
          "decorrelated, Polly V2's formula (not AWS's)",
          batch,
          exponential(decorrelatedJitterGenerator),
        ),
      ],
    },
    {
      title: "backoff presets",
      operation: "decision, seeded draw included",
      cases: Object.entries(PRESETS).map(([name, { spec }]) => decide(name, spec, batch)),
    },
    {
      title: "whole retries, waits of 0 ms",
      operation: "failed attempt, wait and next attempt",
      cases: wholeRetries(devices),
    },
  ];
}
