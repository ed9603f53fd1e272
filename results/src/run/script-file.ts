import { join } from "node:path";
import { PLUGIN_NAME } from "artillery-engine-mqtt/contract";
import { RUN_FILES } from "./file-names.ts";
import { LIMITS } from "./limits.ts";
import { maskSecrets } from "./mask-secrets.ts";
import { readTextFile, UnreadableFile } from "./read-file.ts";

/** What Artillery hands to plugins. */
export interface Script {
  config?: { plugins?: Record<string, unknown>; payload?: unknown };
  scenarios?: unknown;
  _scriptPath?: unknown;
  _configPath?: unknown;
}

/** `script.json`: the script that was run, after Artillery applied the command line, secrets masked. */
export function scriptText(script: Script): string {
  const shown = withoutInternals(maskSecrets(script)) as Script;
  const own = script.config?.plugins?.[PLUGIN_NAME];
  // Ours holds names of cohorts and nothing secret, and `mqtt-results report` reads `fail` from it.
  if (own !== undefined && shown.config?.plugins) shown.config.plugins[PLUGIN_NAME] = own;
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** Returns null where there is none; one that cannot be read is a sentence, for that is not the same. */
export function readScript(directory: string): string | null {
  const path = join(directory, RUN_FILES.script);
  try {
    return readTextFile(path, LIMITS.scriptBytes);
  } catch (error) {
    if (error instanceof UnreadableFile && error.code === "ENOENT") return null;
    return `${path} could not be read: ${(error as Error).message}`;
  }
}

/** Artillery keeps paths of its own (`_configPath`) and all rows of CSV payloads (`data`) in the script. */
function withoutInternals(script: unknown): unknown {
  const text = JSON.stringify(script, (key, value) => {
    if (key.startsWith("_")) return undefined;
    if (key === "data" && Array.isArray(value)) return `(${value.length} rows)`;
    return value;
  });
  return text === undefined ? {} : JSON.parse(text);
}
