import { z } from "zod";
import { describeKeys } from "../written-as.ts";
import { defineStep, name, sameConnection } from "./step.ts";

/** Calls a function of the processor: `(context, events, done)`, or async without `done`. */
export const callFunction = defineStep({
  name: "function",
  places: ["flow", "onConnect", "onMessage", "hook"],
  schema: describeKeys(z.strictObject({ function: name }), {
    function: "Calls a function of the processor: (context, events, done), or async without done.",
  }),
  calls: (raw) => (typeof raw["function"] === "string" ? [raw["function"]] : []),
  compile(spec, compiler) {
    return sameConnection(compiler, (context, callback) => {
      compiler.calls.run(spec.function, context, (error) => callback(error, context));
    });
  },
});
