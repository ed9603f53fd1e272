import { z } from "zod";
import { log } from "../../artillery.ts";
import { startLab } from "../../lab/lab.ts";
import { defineStep, settings } from "./step.ts";

/** Where the lab's addresses stand (`target` of the broker, `http` of the config service) in the variables that a `before` hook hands to all workers. */
export const LAB_VARIABLE = "$mqttLab";

/**
 * In a `before` hook: starts the embedded broker if the target is `lab`, and the config service unless it is `external`.
 * Both end with the run.
 */
export const lab = defineStep({
  name: "lab",
  places: ["hook"],
  schema: z.strictObject({ lab: settings({}) }),
  compile(_spec, compiler) {
    return (context, callback) => {
      const options = compiler.lab;
      if (options === null) {
        callback(null, context);
        return;
      }
      startLab(options).then(
        (started) => {
          log(started.description);
          context.vars[LAB_VARIABLE] = { target: started.target, http: started.http };
          callback(null, context);
        },
        (error: Error) => callback(error, context),
      );
    };
  },
});
