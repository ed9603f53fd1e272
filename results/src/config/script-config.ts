import { PLUGIN_NAME } from "artillery-engine-mqtt/contract";
import type { Script } from "../run/script-file.ts";
import { type ConfigResult, parseConfig } from "./config.ts";

/** What the plugin was told in the run of this `script.json`; null where that is not known. */
export function configOfScript(text: string | null): ConfigResult | null {
  if (text === null) return null;
  try {
    return parseConfig((JSON.parse(text) as Script).config?.plugins?.[PLUGIN_NAME]);
  } catch {
    return null;
  }
}
