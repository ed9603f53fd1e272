import { z } from "zod";
import { DURATION_NOTATION, parseDuration } from "../duration.ts";
import { defineStep, sameConnection } from "./step.ts";

const thinkTime = z
  .union([z.number(), z.string()], { error: DURATION_NOTATION })
  .refine((value) => parseDuration(value) !== null || /\{\{/.test(String(value)), {
    error: DURATION_NOTATION,
  });

/** Artillery's own pause. https://www.artillery.io/docs/reference/engines/http#pausing-execution-with-think */
export const think = defineStep({
  name: "think",
  places: ["flow", "onConnect", "hook"],
  schema: z.strictObject({
    think: thinkTime,
    jitter: z.union([z.string(), z.number()], { error: 'a duration, or a share such as "20%"' }).optional(),
  }),
  compile(spec, compiler) {
    return sameConnection(compiler, compiler.helpers.createThink(spec, {}));
  },
});
