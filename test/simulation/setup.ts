import type { BackoffSpec, ResetAfter } from "../../engine/src/device/backoff.ts";
import type { ParsedStep } from "../../engine/src/script/steps/step.ts";
import type { StormPlan } from "../../engine/src/storm/schedule.ts";
import type { Chance } from "./chance.ts";
import { CONNECTS, STAYS, stepsFor } from "./steps.ts";
import { type Conduct, drawConduct, drawWeather, type Weather } from "./weather.ts";

/** One cohort of a case. */
export interface CohortSetup {
  readonly program: readonly ParsedStep[];
  readonly flow: readonly ParsedStep[];
  readonly keepaliveMs: number;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  readonly clean: boolean;
  readonly sessionExpiryS: number;
  readonly resubscribe: "auto" | "always";
  readonly resetAfter: ResetAfter;
  readonly followReferences: boolean;
}

/** What a case is, before anything happens. */
export interface Setup {
  readonly version: 4 | 5;
  /** Connections carry bytes through the engine's own framing and codec; else packets. */
  readonly isBytes: boolean;
  readonly isCoarse: boolean;
  /** The timeline is written and added up. */
  readonly hasTimeline: boolean;
  readonly devices: number;
  /** They arrive within so long. */
  readonly arrivalMs: number;
  readonly backoff: BackoffSpec;
  readonly cohorts: readonly CohortSetup[];
  readonly regions: number;
  readonly failover: { policy: "next" | "random" | "sticky"; after: number; returnHomeMs: number };
  readonly storms: readonly StormPlan[];
  /** How long troubles last. */
  readonly troublesMs: number;
  readonly weather: Weather;
  readonly conduct: Conduct;
  /** What brokers of MQTT 5 can do at all. */
  readonly ability: { maximumQoS?: number; retainAvailable?: boolean };
  /** The mean pause between two things that are done to devices from outside of their flows; 0 for none. */
  readonly meddlesEveryMs: number;
  /** The mean pause between two disasters: a broker is killed, or the network fails; 0 for none. */
  readonly disasterEveryMs: number;
}

export function drawSetup(chance: Chance): Setup {
  const version = chance.pick([4, 5] as const);
  const hasKeepalive = chance.is(0.8);
  const regions = chance.is(0.3) ? 2 + chance.int(2) : 1;
  const troublesMs = chance.pick([2000, 10_000, 30_000, 60_000]);
  return {
    version,
    isBytes: chance.is(0.25),
    isCoarse: chance.is(0.5),
    hasTimeline: chance.is(0.05),
    devices: drawDevices(chance),
    arrivalMs: chance.pick([0, 100, 5000]),
    backoff: drawBackoff(chance),
    cohorts: [drawCohort(chance, version, hasKeepalive), drawCohort(chance, version, hasKeepalive)],
    regions,
    failover: drawFailover(chance),
    storms: drawStorms(chance, hasKeepalive, regions),
    troublesMs,
    weather: drawWeather(chance),
    conduct: drawConduct(chance),
    ability: {
      ...(chance.is(0.1) ? { maximumQoS: chance.int(2) } : {}),
      ...(chance.is(0.1) ? { retainAvailable: false } : {}),
    },
    meddlesEveryMs: chance.is(0.6) ? chance.between(20, 3000) : 0,
    disasterEveryMs: chance.is(0.4) ? chance.between(1000, 20_000) : 0,
  };
}

function drawFailover(chance: Chance): Setup["failover"] {
  const policy = chance.pick(["next", "random", "sticky"] as const);
  // A script may not have both.
  const returnHomeMs =
    policy === "sticky" ? Number.POSITIVE_INFINITY : chance.pick([2000, 15_000, Number.POSITIVE_INFINITY]);
  return { policy, after: 1 + chance.int(3), returnHomeMs };
}

function drawDevices(chance: Chance): number {
  const most = chance.pick([1, 1, 3, 3, 8, 8, 8, 50]);
  return 1 + chance.int(most);
}

function drawBackoff(chance: Chance): BackoffSpec {
  const baseMs = chance.pick([1, 100, 1000]);
  const capMs = Math.max(baseMs, chance.pick([500, 4000]));
  return chance.pick<BackoffSpec>([
    { policy: "immediate", leadMs: [50] },
    { policy: "fixed", baseMs: Math.max(20, baseMs), jitter: 0.2 },
    { policy: "exponential", baseMs, capMs, floorMs: 10 },
    { policy: "full-jitter", baseMs, capMs },
    { policy: "equal-jitter", baseMs, capMs },
    { policy: "decorrelated-jitter", baseMs, capMs },
    { policy: "uniform", windowMs: capMs },
  ]);
}

function drawCohort(chance: Chance, version: 4 | 5, hasKeepalive: boolean): CohortSetup {
  const clean = chance.is(0.5);
  const program = chance.some(chance.pick(stepsFor("onConnect", version)), 2);
  for (const group of chance.some(stepsFor("onConnect", version), 4)) program.push(chance.pick(group));
  const flow = [chance.pick(CONNECTS)];
  for (const group of chance.some(stepsFor("flow", version), 6)) flow.push(chance.pick(group));
  flow.push(chance.pick(STAYS));
  return {
    program,
    flow,
    keepaliveMs: hasKeepalive ? chance.pick([2000, 5000, 20_000]) : 0,
    connectTimeoutMs: chance.pick([1000, 5000]),
    ackTimeoutMs: chance.pick([500, 3000]),
    clean,
    sessionExpiryS: version === 5 && chance.is(0.6) ? 3600 : 0,
    resubscribe: chance.pick(["auto", "auto", "always"] as const),
    resetAfter: chance.pick<ResetAfter>(["connack", "ready", { connectedMs: 1000 }]),
    followReferences: chance.is(0.7),
  };
}

function drawStorms(chance: Chance, hasKeepalive: boolean, regions: number): StormPlan[] {
  const storms: StormPlan[] = [];
  let atMs = chance.pick([0, 1000, 6000]);
  const count = chance.int(4);
  for (let index = 1; index <= count; index++) {
    const storm = drawStorm(chance, index, atMs, hasKeepalive, regions);
    storms.push(storm);
    atMs += (storm.waitForMs ?? 0) + storm.windowMs + chance.pick([0, 0, 3000]);
  }
  return storms;
}

function drawStorm(
  chance: Chance,
  index: number,
  atMs: number,
  hasKeepalive: boolean,
  regions: number,
): StormPlan {
  const cause = chance.pick([
    "reset",
    "close",
    "disconnect",
    "exec",
    "external",
    // Without a keepalive a device that says nothing never finds out.
    ...(hasKeepalive ? (["silent", "silent"] as const) : []),
    ...(regions > 1 ? (["regionLoss", "regionLoss"] as const) : []),
  ] as const);
  const windowMs = chance.pick([1500, 8000, 20_000]);
  const storm: StormPlan = { index, atMs, cause, windowMs, fraction: chance.pick([0.1, 0.5, 1]) };
  if (cause === "exec") return { ...storm, fraction: null };
  if (cause === "external") return { ...storm, waitForMs: chance.pick([3000, 15_000]) };
  if (cause !== "regionLoss") return storm;
  const region = chance.int(regions);
  return {
    ...storm,
    fraction: 1 / regions,
    region: { index: region, name: `region-${region}`, forMs: chance.between(100, windowMs) },
  };
}
