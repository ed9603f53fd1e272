import { z } from "zod";
import { positiveInteger } from "../scalars.ts";
import { describeKeys, written } from "../written-as.ts";
import { defineStep, type ParsedStep, sameConnection, withItsContext } from "./step.ts";

/** Artillery's own parallel: all steps at once, at most `limit` (100) of them. */
export const parallel = defineStep({
  name: "parallel",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(
    z.strictObject({
      parallel: written(
        { steps: "same" },
        z.array(z.unknown(), { error: "a list of steps" }).min(1, { error: "a list of at least one step" }),
      ),
      limit: positiveInteger("a number of steps above 0").optional(),
    }),
    {
      parallel: "Runs these steps at once, as Artillery's parallel.",
      limit: "How many of them at a time; 100 unless given.",
    },
  ),
  children: (raw) => [{ path: ["parallel"], steps: raw["parallel"] }],
  compile(spec, compiler, children) {
    const steps = compiler.compileSteps(children[0] as ParsedStep[]);
    const all = compiler.helpers.createParallel(steps, { limitValue: spec.limit });
    return sameConnection(compiler, withItsContext(all));
  },
});
