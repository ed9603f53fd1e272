import { z } from "zod";
import { log } from "../../artillery.ts";
import { startLab } from "../../lab/lab.ts";
import { defineStep, settings } from "./step.ts";

/** Where the lab's addresses stand (`target` of the broker, `http` of the config service) in the variables that a `before` hook hands to all workers. */
export const LAB_VARIABLE = "$mqttLab";

/**
 * In a `before` hook: starts the embedded broker if the target is `lab`, with TLS or without, and the config service unless it is `external`.
 * Both end with the run.
 */
export const lab = defineStep({
  name: "lab",
  places: ["hook"],
  schema: z.strictObject({ lab: settings({ tls: z.boolean({ error: "true or false" }).default(false) }) }),
  compile(spec, compiler) {
    return (context, callback) => {
      const options = compiler.lab === null ? null : { ...compiler.lab, brokerTls: spec.lab.tls };
      if (options === null) {
        callback(null, context);
        return;
      }
      startLab(options).then(
        (started) => {
          log(started.description);
          const { target, http, certificate } = started;
          context.vars[LAB_VARIABLE] = { target, http, certificate };
          callback(null, context);
        },
        (error: Error) => callback(error, context),
      );
    };
  },
});
