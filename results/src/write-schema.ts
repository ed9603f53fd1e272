/** Writes `summary.schema.json` of this package again, after a change of the zod schema: `npm run schema`. */
import { writeFileSync } from "node:fs";
import { summaryJsonSchema } from "./judge/summary-schema.ts";

const path = new URL("../summary.schema.json", import.meta.url);
writeFileSync(path, `${JSON.stringify(summaryJsonSchema(), null, 2)}\n`);
