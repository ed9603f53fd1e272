/** Forecasts that differ from that of the user's script in one value. */

/** Whose rate is searched. */
export const SERVERS = ["config-service", "broker"] as const;
export type Server = (typeof SERVERS)[number];

type Settings = Record<string, unknown>;
interface AnyScript {
  config: Settings;
  scenarios?: unknown;
}

/** All devices come back so: those of scenarios with a `reconnect` of their own too. */
export function withReconnect<S extends AnyScript>(script: S, reconnect: Readonly<Settings>): S {
  const changed = withEngine(script, { reconnect: inPlaceOf(engineOf(script)["reconnect"], reconnect) });
  if (!Array.isArray(script.scenarios)) return changed;
  return { ...changed, scenarios: script.scenarios.map((scenario) => cameBackBy(scenario, reconnect)) };
}

function cameBackBy(scenario: unknown, reconnect: Readonly<Settings>): unknown {
  if (scenario === null || typeof scenario !== "object") return scenario;
  const { reconnect: own } = scenario as Settings;
  return own === undefined ? scenario : { ...scenario, reconnect: inPlaceOf(own, reconnect) };
}

/** What a device does after reasons and failures is no part of a policy, and stays. So does `resetAfter`; but a preset brings its own. */
function inPlaceOf(own: unknown, reconnect: Readonly<Settings>): Settings {
  const { resetAfter, onReason, giveUpAfter, rebootAfter } = (own ?? {}) as Settings;
  const patience = { onReason, giveUpAfter, rebootAfter };
  const stays = { ...patience, ...("preset" in reconnect ? {} : { resetAfter }) };
  const given = Object.entries(stays).filter(([, value]) => value !== undefined);
  return { ...reconnect, ...Object.fromEntries(given) };
}

/** What of a prepared forecast has rates. */
interface Rated {
  model: {
    broker: { connects: number };
    services: readonly ({ capacity: number; scaleUp?: unknown } | null)[];
  };
}

/**
 * A config service that answers so many requests a second from the beginning to the end, in each region, or a broker that accepts so
 * many connects; whatever the script, its lab or a calibration says of that rate. One that is not there is left as it is.
 */
export function withRate<P extends Rated>(prepared: P, server: Server, perS: number): P {
  const { model } = prepared;
  if (server === "broker")
    return { ...prepared, model: { ...model, broker: { ...model.broker, connects: perS } } };
  const services = model.services.map((one) => {
    if (one === null) return null;
    // One that scales up would be another capacity at another time.
    const { scaleUp: _, ...service } = one;
    return { ...service, capacity: perS };
  });
  return { ...prepared, model: { ...model, services } };
}

function engineOf({ config }: AnyScript): Settings {
  const { mqtt } = (config["engines"] ?? {}) as { mqtt?: Settings };
  return mqtt ?? {};
}

function withEngine<S extends AnyScript>(script: S, changes: Settings): S {
  const engines = (script.config["engines"] ?? {}) as Settings;
  return {
    ...script,
    config: { ...script.config, engines: { ...engines, mqtt: { ...engineOf(script), ...changes } } },
  };
}
