import { z } from "zod";
import { describeKeys } from "../written-as.ts";
import { compileSetting, setting } from "./setting.ts";
import { defineStep, durationMs, settings } from "./step.ts";

/** Keeps the device online until the last storm window has ended, or for `for`. */
export const stayOnline = defineStep({
  name: "stayOnline",
  places: ["flow"],
  schema: describeKeys(
    z.strictObject({
      stayOnline: settings(
        { for: setting(durationMs).optional() },
        { for: "How long; until the last storm window has ended unless given." },
      ),
    }),
    { stayOnline: "Keeps the device online until the last storm window has ended, or for a time." },
  ),
  compile(spec, compiler) {
    const { for: time } = spec.stayOnline;
    if (time === undefined) return (context, callback) => compiler.fleet.whenOver(callback, context);
    const forMs = compileSetting(time, durationMs, "stayOnline.for");
    return (context, callback) => compiler.time.wake(forMs(context), callback, null, context);
  },
});
