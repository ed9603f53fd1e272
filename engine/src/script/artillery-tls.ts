import { booleanOfText } from "../scalar-text.ts";
import type { EngineSettings } from "./schema.ts";

/**
 * `-k` and `config.tls.rejectUnauthorized: false` are Artillery's own way to say that certificates are not verified, for every
 * engine: the command line goes before what the settings say. https://www.artillery.io/docs/reference/cli/run
 */
export function withArtilleryTls(settings: EngineSettings, artilleryTls: unknown): EngineSettings {
  const { rejectUnauthorized } = (artilleryTls ?? {}) as { rejectUnauthorized?: unknown };
  if (booleanOfText(rejectUnauthorized) !== false) return settings;
  return {
    ...settings,
    tls: { resume: false, ...settings.tls, insecure: true },
    http: { ...settings.http, insecure: true },
  };
}
