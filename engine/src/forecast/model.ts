import type { Calibration, ForecastAssumption } from "../contract.ts";
import type { AuthOptions, ConfigServiceOptions } from "../lab/lab.ts";
import type { AuthSettings, ForecastSettings, ServiceSettings } from "../script/forecast-settings.ts";
import type { FleetPlan } from "../script/plan.ts";
import { authOptions } from "../script/steps/lab.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import { calibratedBroker, calibratedCapacity, calibratedLatency } from "./calibrated.ts";
import { hearOneAnother } from "./hearing.ts";

/** What stands in for network, broker and back end. Times are milliseconds, rates per second. */
export interface Model {
  /** One way. */
  latencyMs: number;
  broker: BrokerModel;
  /** Connections that the load generator opens per second; null where it is no limit. */
  generatorConnects: number | null;
  /** Back ends by region; one where the script has no regions. Null where nobody answers. */
  services: readonly (ConfigServiceOptions | null)[];
  /** The back end that each broker asks for every CONNECT; null for none. */
  auth: AuthOptions | null;
  /** How long an `http` step of a server that is not the lab's takes; null where there is none. */
  http: { durationMs: number; body: string } | null;
  /** The broker speaks TLS. */
  usesTls: boolean;
  usesWebSocket: boolean;
}

export interface BrokerModel {
  connects: number;
  tlsFull: number;
  tlsResumed: number;
  subscribes: number;
  messages: number;
  acceptQueue: number;
  /** Connections that it accepts each time that its event loop comes to those that wait. */
  accepts: "one" | "all";
  closes: number;
  latencyMs: number;
}

/**
 * What is not said otherwise: a broker on one processor of the same machine, of the order of the lab's own and of Mosquitto
 * (round numbers, not fitted to anything: engine/docs/forecast.md).
 */
export const DEFAULTS = {
  latencyMs: 0.1,
  broker: {
    connects: 5000,
    tlsFull: 1000,
    tlsResumed: 3000,
    subscribes: 20_000,
    messages: 20_000,
    acceptQueue: 4096,
    accepts: "all",
    closes: 20_000,
    latencyMs: 0,
  },
} as const;

/** What is known of the lab's own broker, Aedes on Node, beyond that (`npm run bench:forecast -- --costs`, benchmarks/README.md). */
const LAB = { subscribes: 10_000, accepts: "one" } as const;

/** What the model says of the world beyond its values. */
const STATEMENTS: readonly [string, string][] = [
  [
    "broker",
    "one event loop: what is ready is served first in, first out; each kind of work takes its own constant time",
  ],
  [
    "broker: abandoned work",
    "what waits for the broker's turn on a connection that was reset meanwhile costs it nothing but the end of that connection",
  ],
  ["broker: accept queue", "a SYN that finds it full is dropped, and sent again after 1, 3, 7, 15 … s"],
  ["network", "the latency is constant; nothing is lost, but for storms"],
  [
    "silent storms",
    "a half-open connection stays at the broker until the device's next one takes its place; the broker's own keepalive ends none",
  ],
  ["bytes", "no packet is encoded: bytes are not counted, and 0 in all files"],
];

const ROUTED =
  "what a device publishes comes once to each that has subscribed to it, and takes the broker as long for each as taking it in; a session that is kept misses nothing of QoS 1 and 2; retained messages are not kept";
const NOT_ROUTED = "an answer reaches who asked; no device has subscribed to what devices publish";

/**
 * The model of a script that can be forecast, and all that it rests on.
 *
 * @param calibrations what runs told of the target: it goes before what the script and the defaults say
 */
export function modelOf(
  plan: FleetPlan,
  calibrations: readonly Calibration[] = [],
): { model: Model; assumptions: ForecastAssumption[] } {
  const { settings } = plan;
  const own: ForecastSettings = settings.forecast ?? {};
  const assumptions: ForecastAssumption[] = [];
  const note: Note = (name, value, source, run) => {
    assumptions.push({ name, value, source, ...(run === undefined ? {} : { run }) });
  };
  /** A value that a run told goes before all others. */
  const value = (
    name: string,
    given: number | undefined,
    otherwise: number,
    unit: string,
    told: { value: number; run: string } | null = null,
  ): number => {
    if (told !== null) note(name, `${rounded(told.value)} ${unit}`, "calibration", told.run);
    else note(name, `${given ?? otherwise} ${unit}`, given === undefined ? "default" : "script");
    return told?.value ?? given ?? otherwise;
  };
  const usesTls = speaksTls(plan);
  const { broker = {} } = own;
  const standard = isLabs(plan) ? { ...DEFAULTS.broker, ...LAB } : DEFAULTS.broker;
  const { rates, notes } = calibratedBroker({ ...standard, ...definedOf(broker) }, calibrations);
  const rate = (name: string, key: keyof typeof rates): number => {
    const { perS, run } = rates[key];
    return value(name, broker[key], standard[key], "per s", run === null ? null : { value: perS, run });
  };
  const times = calibratedLatency(calibrations);
  const model: Model = {
    latencyMs: value(
      "network: latency, one way",
      own.network?.latency,
      DEFAULTS.latencyMs,
      "ms",
      times && { value: times.onewayMs, run: times.run },
    ),
    broker: {
      connects: rate("broker: connects", "connects"),
      tlsFull: usesTls ? rate("broker: full TLS handshakes", "tlsFull") : standard.tlsFull,
      tlsResumed: usesTls ? rate("broker: resumed TLS handshakes", "tlsResumed") : standard.tlsResumed,
      subscribes: rate("broker: subscribes", "subscribes"),
      messages: rate("broker: messages", "messages"),
      acceptQueue: value("broker: accept queue", broker.acceptQueue, standard.acceptQueue, "connections"),
      accepts: broker.accepts ?? standard.accepts,
      closes: value("broker: ends of connections", broker.closes, standard.closes, "per s"),
      latencyMs: value(
        "broker: latency when idle",
        broker.latency,
        standard.latencyMs,
        "ms",
        // What is neither on the way nor the broker's own work.
        times && {
          value: Math.max(0, times.connackMs - times.tcpMs - 1000 / rates.connects.perS),
          run: times.run,
        },
      ),
    },
    generatorConnects: own.generator?.connects ?? null,
    services: servicesOf(plan, note, calibrations),
    auth: authOf(plan, note),
    http: own.http === undefined ? null : { durationMs: own.http.duration, body: own.http.body },
    usesTls,
    usesWebSocket: usesWebSocket(plan),
  };
  if (plan.regions !== null)
    note(
      "regions",
      `each of the ${plan.regions.list.length} has a broker of its own, like the one above`,
      "model",
    );
  note(
    "broker: accepts",
    model.broker.accepts === "one"
      ? "one connection each time that its event loop comes to those that wait, as Node does"
      : "all that wait each time that its event loop comes to them, as Mosquitto does",
    broker.accepts === undefined ? "default" : "script",
  );
  if (model.generatorConnects === null) note("load generator", "costs nothing", "model");
  else note("load generator: connects", `${model.generatorConnects} per s`, "script");
  assumptions.push(...notes);
  if (own.http !== undefined) note("http: other servers", `answer after ${own.http.duration} ms`, "script");
  for (const [name, ms] of Object.entries(own.functions ?? {})) {
    const time = ms === "auth" ? "as long as the auth service's answer" : `${ms} ms`;
    note(`function ${name}`, `is not called, and takes ${time}`, "script");
  }
  note("broker: messages", hearOneAnother(plan) ? ROUTED : NOT_ROUTED, "model");
  for (const [name, text] of STATEMENTS) note(name, text, "model");
  return { model, assumptions };
}

/** What the hook's `lab` step says; null for none. */
export function labSpecOf(plan: FleetPlan): LabSpec | null {
  const step = plan.hooks.before.find(({ spec }) => isLab(spec));
  return step === undefined ? null : (step.spec as { lab: LabSpec }).lab;
}

export interface LabSpec {
  tls: boolean;
  regions: (string | { name: string; capacity: number })[];
  auth?: AuthSettings | undefined;
}

export function authSettingsOf(plan: FleetPlan): AuthSettings | undefined {
  return plan.settings.forecast?.auth ?? (isLabs(plan) ? labSpecOf(plan)?.auth : undefined);
}

/** What the broker asks before a CONNACK, wherever it is said: for the forecast alone, or for the lab. */
function authOf(plan: FleetPlan, note: Note): AuthOptions | null {
  const settings = authSettingsOf(plan);
  if (settings === undefined) return null;
  const source = plan.settings.forecast?.auth === undefined ? "lab" : "script";
  const { capacity, queueLimit, latency, scaleUp } = settings;
  note("auth service: capacity", `${capacity} answers per s`, source);
  note("auth service: queue", `${queueLimit} requests; a CONNECT beyond is refused as unavailable`, source);
  if (latency > 0) note("auth service: latency when idle", `${latency} ms`, source);
  if (scaleUp !== undefined)
    note("auth service: scale up", `to ${scaleUp.to} answers per s after ${scaleUp.after} ms`, source);
  return authOptions(settings);
}

function isLab(spec: ParsedStep["spec"]): boolean {
  return typeof spec === "object" && spec !== null && "lab" in spec;
}

/** Devices connect to brokers of the lab, and to no other. */
function isLabs({ target, regions }: FleetPlan): boolean {
  return (regions?.list.map((region) => region.target) ?? [target]).every(({ kind }) => kind === "lab");
}

function speaksTls(plan: FleetPlan): boolean {
  const targets = [plan.target, ...(plan.regions?.list.map(({ target }) => target) ?? [])];
  return targets.some((target) =>
    target.kind === "lab"
      ? (labSpecOf(plan)?.tls ?? false)
      : target.endpoint.kind === "tls" || target.endpoint.kind === "wss",
  );
}

function usesWebSocket(plan: FleetPlan): boolean {
  const [target = plan.target] = plan.regions?.list.map((region) => region.target) ?? [];
  return target.kind === "url" && (target.endpoint.kind === "ws" || target.endpoint.kind === "wss");
}

type Note = (name: string, value: string, source: ForecastAssumption["source"], run?: string) => void;

/** Without the keys that nobody gave. */
function definedOf<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]: NonNullable<Fields[Key]>;
  };
}

/** As much as a measurement says. */
function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

/** The config service that answers, wherever it is said: for the forecast alone, or for the lab. */
export function serviceOf({ settings }: Pick<FleetPlan, "settings">): ServiceSettings | null {
  const { configService } = settings;
  return settings.forecast?.configService ?? (configService === "external" ? null : configService);
}

function servicesOf(
  plan: FleetPlan,
  note: Note,
  calibrations: readonly Calibration[],
): (ConfigServiceOptions | null)[] {
  const { settings, regions } = plan;
  const known = serviceOf(plan);
  const source = settings.forecast?.configService === undefined ? "lab" : "script";
  const written = known === null ? null : serviceOptions(known);
  const told = calibratedCapacity(written?.capacity ?? 0, calibrations);
  const options = written === null ? null : { ...written, capacity: told.perS };
  if (options === null) {
    note("config service", "none: nobody answers config requests", "model");
  } else {
    const { capacity, queueLimit, scaleUp } = options;
    if (told.run === null) note("config service: capacity", `${capacity} answers per s`, source);
    else note("config service: capacity", `${rounded(capacity)} answers per s`, "calibration", told.run);
    for (const { name, value, source: from, run } of told.notes) note(name, value, from, run);
    note("config service: queue", `${queueLimit} requests`, source);
    if (scaleUp !== undefined)
      note("config service: scale up", `to ${scaleUp.to} answers per s after ${scaleUp.afterMs} ms`, source);
  }
  if (regions === null) return [options];
  const listed = labSpecOf(plan)?.regions ?? [];
  return regions.list.map(({ name }) => {
    const own = listed.find((region) => typeof region === "object" && region.name === name);
    if (options === null || typeof own !== "object") return options;
    note(`config service of ${name}: capacity`, `${own.capacity} answers per s`, "lab");
    return { ...options, capacity: own.capacity };
  });
}

function serviceOptions({ scaleUp, ...rest }: ServiceSettings): ConfigServiceOptions {
  return scaleUp === undefined ? rest : { ...rest, scaleUp: { afterMs: scaleUp.after, to: scaleUp.to } };
}
