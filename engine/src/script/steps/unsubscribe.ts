import { z } from "zod";
import { defineStep, topics } from "./step.ts";
import { compileFilterStep } from "./subscribe.ts";

/** UNSUBSCRIBE in one packet, done at UNSUBACK. */
export const unsubscribe = defineStep({
  name: "unsubscribe",
  places: ["flow", "onConnect"],
  schema: z.strictObject({ unsubscribe: z.strictObject({ topics }) }),
  compile(spec, compiler) {
    return compileFilterStep(compiler, spec.unsubscribe.topics, (device, filters, done) => {
      device.unsubscribe(filters, done);
    });
  },
});
