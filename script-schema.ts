import { readFileSync } from "node:fs";
import { scriptJsonSchema } from "./engine/src/script/json-schema.ts";
import { typeText } from "./engine/src/script/type-text.ts";
import type { Json } from "./engine/src/script/written-form.ts";
import { resultsJsonSchema } from "./results/src/config/config.ts";

function schema(): Json {
  const manifest = readFileSync(new URL("engine/package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  return scriptJsonSchema({ version, results: resultsJsonSchema() });
}

/** What these files must hold: both packages' settings, of the engine's version. */
export const WRITTEN: Readonly<Record<string, () => string>> = {
  "engine/script.schema.json": () => `${JSON.stringify(schema(), null, 1)}\n`,
  "engine/src/script-types.ts": () => typeText(schema()),
};
