import { z } from "zod";
import { defineStep, deviceOf, durationMs, settings, stepError } from "./step.ts";

/**
 * Connects the device; done when it is ready for the first time. Refused and failed tries follow the back-off. The step
 * fails after `giveUpAfter` (60 s in a script without storms), or when the last storm window has ended.
 */
export const connect = defineStep({
  name: "connect",
  places: ["flow"],
  schema: z.strictObject({ connect: settings({ giveUpAfter: durationMs.optional() }) }),
  compile(spec, compiler) {
    const giveUpAfterMs = spec.connect.giveUpAfter ?? null;
    return (context, callback) => {
      const device = deviceOf(context);
      device.connect();
      compiler.fleet.whenReady(device, giveUpAfterMs, (failure) => {
        callback(failure === null ? null : stepError(compiler, failure), context);
      });
    };
  },
});
