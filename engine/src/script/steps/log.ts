import { z } from "zod";
import { log as writeLog } from "../../artillery.ts";
import { anyText } from "../scalars.ts";
import { compileShownTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { defineStep } from "./step.ts";

/** Writes a line, for scripts under development. */
export const log = defineStep({
  name: "log",
  places: ["flow", "onConnect", "onMessage", "hook"],
  schema: describeKeys(z.strictObject({ log: anyText }), { log: "Writes a line; a template." }),
  compile(spec) {
    const line = compileShownTemplate(spec.log);
    return (context, callback) => {
      writeLog(line(context));
      callback(null, context);
    };
  },
});
