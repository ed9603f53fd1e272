import {
  ConstantBackoff,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  fullJitterGenerator,
  halfJitterGenerator,
  type IBackoff,
  noJitterGenerator,
} from "cockatiel";
import { type BackoffSpec, createBackoff } from "../../engine/src/device/backoff.ts";
import { PRESETS } from "../../engine/src/device/backoff-presets.ts";
import { hashRandom } from "../../engine/src/device/random.ts";
import { type Case, each, type Scale, type Table } from "./suite.ts";

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

export function tables({ batch }: Scale): Table[] {
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
  ];
}
