import { z } from "zod";
import { topicProblem } from "../../device/topic.ts";
import { compileTemplate, compileTextTemplate } from "../template.ts";
import { defineStep, payload, qos, runOperation, text } from "./step.ts";

/** PUBLISH; done when written (QoS 0), at PUBACK (1) or PUBCOMP (2). */
export const publish = defineStep({
  name: "publish",
  places: ["flow", "onConnect"],
  schema: z.strictObject({
    publish: z.strictObject({
      topic: text,
      payload: payload.default(""),
      qos: qos.default(0),
      retain: z.boolean({ error: "true or false" }).default(false),
    }),
  }),
  compile(spec, compiler) {
    const { qos, retain } = spec.publish;
    const topic = compileTextTemplate(spec.publish.topic);
    const body = compileTemplate(spec.publish.payload);
    return (context, callback) => {
      runOperation(
        compiler,
        context,
        (device, done) => {
          const name = topic(context);
          if (topicProblem(name) !== null) done("invalid_topic");
          else device.publish({ topic: name, payload: asPayload(body(context)), qos, retain }, done);
        },
        callback,
      );
    };
  },
});

/** Text as it is, anything else as JSON. */
export function asPayload(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
