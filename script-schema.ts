import { readFileSync } from "node:fs";
import { scriptJsonSchema } from "./engine/src/script/json-schema.ts";
import { resultsJsonSchema } from "./results/src/config/config.ts";

/** What `engine/script.schema.json` must hold: both packages' settings, of the engine's version. */
export function scriptSchemaText(): string {
  const manifest = readFileSync(new URL("engine/package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  return `${JSON.stringify(scriptJsonSchema({ version, results: resultsJsonSchema() }), null, 1)}\n`;
}
