import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";

/** As it is shipped, beside the engine. */
export const SCHEMA_PATH: string = join(import.meta.dirname, "../../engine/script.schema.json");

const OPTIONS = { strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true };
let compiled: ValidateFunction | null = null;

/** What an editor says of a script: nothing where it is accepted. */
export function schemaErrors(script: unknown): string[] {
  compiled ??= new Ajv(OPTIONS).compile(JSON.parse(readFileSync(SCHEMA_PATH, "utf8")) as object);
  if (compiled(script)) return [];
  return (compiled.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(" "),
  );
}
