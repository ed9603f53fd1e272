import { z } from "zod";
import { defineStep, durationMs, settings } from "./step.ts";

/** Keeps the device online until the last storm window has ended, or for `for`. */
export const stayOnline = defineStep({
  name: "stayOnline",
  places: ["flow"],
  schema: z.strictObject({ stayOnline: settings({ for: durationMs.optional() }) }),
  compile(spec, compiler) {
    const forMs = spec.stayOnline.for;
    return (context, callback) => {
      if (forMs === undefined) compiler.fleet.whenOver(callback, context);
      else compiler.time.wake(forMs, callback, null, context);
    };
  },
});
