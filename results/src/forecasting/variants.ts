/** Scripts that differ from the user's in one value: each goes through all checks of a script again. */

/** Whose rate is searched. */
export const SERVERS = ["config-service", "broker"] as const;
export type Server = (typeof SERVERS)[number];

type Settings = Record<string, unknown>;
interface AnyScript {
  config: Settings;
}

/** `resetAfter` of the script stays with a policy; a preset brings its own. */
export function withReconnect<S extends AnyScript>(script: S, reconnect: Readonly<Settings>): S {
  const { resetAfter } = (engineOf(script)["reconnect"] ?? {}) as Settings;
  const stays = resetAfter === undefined || "preset" in reconnect ? {} : { resetAfter };
  return withEngine(script, { reconnect: { ...reconnect, ...stays } });
}

/**
 * A config service that answers so many requests a second from the beginning to the end, or a broker that accepts so many connects.
 * A script whose config service is not said is left as it is.
 */
export function withRate<S extends AnyScript>(script: S, server: Server, perS: number): S {
  const engine = engineOf(script);
  const forecast = (engine["forecast"] ?? {}) as Settings;
  if (server === "broker") {
    const broker = { ...(forecast["broker"] as Settings | undefined), connects: perS };
    return withEngine(script, { forecast: { ...forecast, broker } });
  }
  if (isSettings(forecast["configService"])) {
    return withEngine(script, {
      forecast: { ...forecast, configService: steady(forecast["configService"], perS) },
    });
  }
  const { configService } = engine;
  return isSettings(configService)
    ? withEngine(script, { configService: steady(configService, perS) })
    : script;
}

/** One that scales up would be another capacity at another time. */
function steady({ scaleUp: _, ...service }: Settings, capacity: number): Settings {
  return { ...service, capacity };
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

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null;
}
