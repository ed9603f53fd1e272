import type { ClientSettings } from "../client-settings.ts";
import type { ReadScenario } from "../read.ts";

/** The client of a scenario's devices, as far as it can be read: its own keys stand in place of those of the settings. */
export function clientOf(
  { client }: ReadScenario,
  settings: { [Key in keyof ClientSettings]?: ClientSettings[Key] | undefined },
): typeof settings {
  return { ...settings, ...client.known };
}
