import { z } from "zod";
import { describeKeys } from "../written-as.ts";
import { defineStep, topics } from "./step.ts";
import { filterOperation } from "./subscribe.ts";

/** UNSUBSCRIBE in one packet, done at UNSUBACK. */
export const unsubscribe = defineStep({
  name: "unsubscribe",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(
    z.strictObject({
      unsubscribe: describeKeys(z.strictObject({ topics }), {
        topics: "A topic filter or a list of them; templates.",
      }),
    }),
    { unsubscribe: "Unsubscribes in one packet; done at UNSUBACK." },
  ),
  operation(spec, compiler) {
    return filterOperation(spec.unsubscribe.topics, compiler, (device, filters, waiter) => {
      device.exchange.unsubscribe(filters, waiter);
    });
  },
});
