import { z } from "zod";
import type { Device } from "../../device/device.ts";
import type { PublishCall } from "../../device/session/session.ts";
import { topicProblem } from "../../device/topic.ts";
import { compilePayload, messagePayload } from "../payload.ts";
import { compileProperties, publishProperties } from "../publish-properties.ts";
import { boolean } from "../scalars.ts";
import { compileTextTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { compileSetting } from "./setting.ts";
import { type Compiler, contextOf, defineStep, qos, qosLevel, retain, topicName, unusable } from "./step.ts";

/** What says what is published, wherever. */
export const publicationShape = {
  topic: topicName,
  payload: messagePayload.default(""),
  qos: qos.default(0),
  retain: retain.default(false),
  properties: publishProperties.optional(),
};

export const PUBLICATION_DESCRIPTIONS: Readonly<Record<keyof typeof publicationShape, string>> = {
  topic: "The topic; a template.",
  payload:
    "The payload: text, an object or list that is sent as JSON, or bytes as { base64 }, { hex } or { file }.",
  qos: "0 (unless given), 1 or 2.",
  retain: "Whether the broker keeps it; false unless given.",
  properties: "Properties of PUBLISH in MQTT 5.",
};

const publication = describeKeys(z.strictObject(publicationShape), PUBLICATION_DESCRIPTIONS);
export type PublicationSpec = z.output<typeof publication>;

/** PUBLISH; done when written (QoS 0), at PUBACK (1) or PUBCOMP (2). */
export const publish = defineStep({
  name: "publish",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(z.strictObject({ publish: publication }), {
    publish: "Publishes a message; done when written (QoS 0), at PUBACK (1) or PUBCOMP (2).",
  }),
  operation(spec, compiler) {
    const render = compilePublication(spec.publish, compiler, "publish");
    return {
      begin(device, waiter) {
        const call = render(device);
        if (typeof call === "string") device.env.port.turns.settle(waiter, call);
        else device.exchange.publish(call, waiter);
      },
    };
  },
});

/**
 * Renders a publication of one device, or says by its name what is wrong with it.
 *
 * @param key stands before the names of its settings in what is said
 */
export function compilePublication(
  spec: PublicationSpec,
  compiler: Pick<Compiler, "tellError" | "where">,
  key: string,
): (device: Device) => PublishCall | string {
  const qosOf = compileSetting(spec.qos, qosLevel, `${key}.qos`);
  const retainOf = compileSetting(spec.retain, boolean, `${key}.retain`);
  const topic = compileTextTemplate(spec.topic);
  const body = compilePayload(spec.payload);
  const propertiesOf = spec.properties === undefined ? null : compileProperties(spec.properties);
  return (device) => {
    const context = contextOf(device);
    const name = topic(context);
    const problem = topicProblem(name);
    if (problem !== null) return unusable(compiler, "invalid_topic", "topic", name, problem);
    const payload = body(context);
    if (payload === null) return "invalid_payload";
    const call: PublishCall = { topic: name, payload, qos: qosOf(context), retain: retainOf(context) };
    if (device.env.messages) call.tracked = true;
    if (propertiesOf === null) return call;
    const properties = propertiesOf(context);
    if (properties === null) return "invalid_properties";
    call.properties = properties;
    return call;
  };
}
