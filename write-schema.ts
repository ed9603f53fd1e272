/** Writes the JSON Schema and the types of scripts again, after a change of a zod schema: `npm run schema`. */
import { writeFileSync } from "node:fs";
import { WRITTEN } from "./script-schema.ts";

for (const [path, text] of Object.entries(WRITTEN)) writeFileSync(new URL(path, import.meta.url), text());
