/** Writes `engine/script.schema.json` again, after a change of a zod schema: `npm run schema`. */
import { writeFileSync } from "node:fs";
import { scriptSchemaText } from "./script-schema.ts";

writeFileSync(new URL("engine/script.schema.json", import.meta.url), scriptSchemaText());
