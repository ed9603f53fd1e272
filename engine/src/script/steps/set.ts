import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { compileTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { contextOf, defineStep } from "./step.ts";

const SET_ALLOWED = "variables by name, each with its value";

/** Sets variables of the virtual user. */
export const set = defineStep({
  name: "set",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(
    z.strictObject({
      set: z
        .record(z.string().min(1), z.unknown(), { error: SET_ALLOWED })
        .refine((value) => Object.keys(value).length > 0, { error: SET_ALLOWED }),
    }),
    { set: "Sets variables of the device, by name; values are templates." },
  ),
  defines: (raw) => Object.keys((raw["set"] as object | null) ?? {}),
  operation(spec) {
    const assign = compileSet(spec.set);
    return {
      begin(device, waiter) {
        assign(contextOf(device));
        device.env.port.turns.settle(waiter, null);
      },
    };
  },
  // It needs no connection: in a flow it may stand before `connect`.
  compile(spec) {
    const assign = compileSet(spec.set);
    return (context, callback) => {
      assign(context);
      callback(null, context);
    };
  },
});

function compileSet(spec: Record<string, unknown>): (context: VuContext) => void {
  const values = Object.entries(spec).map(([name, value]) => [name, compileTemplate(value)] as const);
  return (context) => {
    for (const [name, value] of values) context.vars[name] = value(context);
  };
}
