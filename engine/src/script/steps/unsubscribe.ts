import { z } from "zod";
import { compileTemplate } from "../template.ts";
import { defineStep, runOperation, topics } from "./step.ts";
import { renderFilters } from "./subscribe.ts";

/** UNSUBSCRIBE in one packet, done at UNSUBACK. */
export const unsubscribe = defineStep({
  name: "unsubscribe",
  places: ["flow", "onConnect"],
  schema: z.strictObject({ unsubscribe: z.strictObject({ topics }) }),
  compile(spec, compiler) {
    const template = compileTemplate(spec.unsubscribe.topics);
    return (context, callback) => {
      runOperation(
        compiler,
        context,
        (device, done) => {
          const filters = renderFilters(template, context);
          if (filters === null) done("invalid_topic_filter");
          else device.unsubscribe(filters, done);
        },
        callback,
      );
    };
  },
});
