import { z } from "zod";
import { compileTemplate } from "../template.ts";
import { contextOf, defineStep } from "./step.ts";

const SET_ALLOWED = "variables by name, each with its value";

/** Sets variables of the virtual user. */
export const set = defineStep({
  name: "set",
  places: ["flow", "onConnect", "onMessage"],
  schema: z.strictObject({
    set: z
      .record(z.string().min(1), z.unknown(), { error: SET_ALLOWED })
      .refine((value) => Object.keys(value).length > 0, { error: SET_ALLOWED }),
  }),
  defines: (raw) => Object.keys((raw["set"] as object | null) ?? {}),
  operation(spec) {
    const values = Object.entries(spec.set).map(([name, value]) => [name, compileTemplate(value)] as const);
    return {
      begin(device, waiter) {
        const context = contextOf(device);
        for (const [name, value] of values) context.vars[name] = value(context);
        device.env.port.turns.settle(waiter, null);
      },
    };
  },
});
