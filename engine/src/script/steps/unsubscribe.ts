import { z } from "zod";
import { defineStep, topics } from "./step.ts";
import { filterOperation } from "./subscribe.ts";

/** UNSUBSCRIBE in one packet, done at UNSUBACK. */
export const unsubscribe = defineStep({
  name: "unsubscribe",
  places: ["flow", "onConnect", "onMessage"],
  schema: z.strictObject({ unsubscribe: z.strictObject({ topics }) }),
  operation(spec, compiler) {
    return filterOperation(spec.unsubscribe.topics, compiler, (device, filters, waiter) => {
      device.exchange.unsubscribe(filters, waiter);
    });
  },
});
