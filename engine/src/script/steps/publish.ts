import { z } from "zod";
import { topicProblem } from "../../device/topic.ts";
import { boolean } from "../scalars.ts";
import { compileTemplate, compileTextTemplate } from "../template.ts";
import { compileSetting } from "./setting.ts";
import { contextOf, defineStep, payload, qos, qosLevel, retain, topicName, unusable } from "./step.ts";

/** PUBLISH; done when written (QoS 0), at PUBACK (1) or PUBCOMP (2). */
export const publish = defineStep({
  name: "publish",
  places: ["flow", "onConnect"],
  schema: z.strictObject({
    publish: z.strictObject({
      topic: topicName,
      payload: payload.default(""),
      qos: qos.default(0),
      retain: retain.default(false),
    }),
  }),
  operation(spec, compiler) {
    const qosOf = compileSetting(spec.publish.qos, qosLevel, "publish.qos");
    const retainOf = compileSetting(spec.publish.retain, boolean, "publish.retain");
    const topic = compileTextTemplate(spec.publish.topic);
    const body = compileTemplate(spec.publish.payload);
    return {
      begin(device, waiter) {
        const context = contextOf(device);
        const name = topic(context);
        const problem = topicProblem(name);
        if (problem !== null) {
          device.env.port.turns.settle(waiter, unusable(compiler, "invalid_topic", "topic", name, problem));
          return;
        }
        const qos = qosOf(context);
        const retain = retainOf(context);
        device.exchange.publish({ topic: name, payload: asPayload(body(context)), qos, retain }, waiter);
      },
    };
  },
});

/** Gives text as it is, anything else as JSON. */
export function asPayload(value: unknown): string {
  if (value === undefined) return "";
  // JSON has nothing for a function, or for what its own toJSON makes nothing of.
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
