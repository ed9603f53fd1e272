import type { IPublishPacket } from "mqtt-packet";
import { z } from "zod";
import type { VuContext } from "../artillery.ts";
import { isTooLong, LONGEST_FIELD_BYTES, topicProblem } from "../device/topic.ts";
import { compilePayload, messagePayload } from "./payload.ts";
import { secondsMs, text } from "./steps/step.ts";
import { compileTextTemplate, referencedNames, type TextTemplate } from "./template.ts";
import { describeKeys } from "./written-as.ts";

/** Properties of PUBLISH. MQTT 5.0 section 3.3.2.3. */

export const userProperties: z.ZodType<Record<string, string | number | boolean>> = z.record(
  z.string().min(1),
  z.union([z.string(), z.number(), z.boolean()]),
  { error: "an object of names and values" },
);

export const payloadFormat: z.ZodType<"bytes" | "text"> = z.enum(["bytes", "text"], {
  error: "bytes or text",
});

export const publishProperties = z.strictObject({
  messageExpiry: secondsMs.optional(),
  contentType: text.optional(),
  responseTopic: text
    .refine((value) => /\{\{/.test(value) || topicProblem(value) === null, {
      error: "a topic name, without + and #",
    })
    .optional(),
  correlationData: messagePayload.optional(),
  payloadFormat: payloadFormat.optional(),
  userProperties: userProperties.optional(),
});

describeKeys(publishProperties, {
  messageExpiry: "How long the message may live, in whole seconds.",
  contentType: "The MIME type of the payload.",
  responseTopic: "Where an answer is to go.",
  correlationData: "By what an answer is told: text, or bytes as { base64 }, { hex } or { file }.",
  payloadFormat: "bytes or text.",
  userProperties: "Names and values that go with the message.",
});

export type PublishPropertiesSpec = z.output<typeof publishProperties>;
export type PublishProperties = NonNullable<IPublishPacket["properties"]>;

/** Renders them for one device; null where its variables make none of them. */
export type PropertiesTemplate = (context: VuContext) => PublishProperties | null;

export function compileProperties(spec: PublishPropertiesSpec): PropertiesTemplate {
  const render = compile(spec);
  if (referencedNames(spec).length > 0) return render;
  // Once for all devices.
  const constant = render({ vars: {} });
  return () => constant;
}

function compile(spec: PublishPropertiesSpec): PropertiesTemplate {
  const { messageExpiry } = spec;
  const contentType = optionalText(spec.contentType);
  const responseTopic = optionalText(spec.responseTopic);
  const correlation = spec.correlationData === undefined ? null : compilePayload(spec.correlationData);
  const user = spec.userProperties === undefined ? null : compileUserProperties(spec.userProperties);
  return (context) => {
    const properties: PublishProperties = {};
    if (messageExpiry !== undefined) properties.messageExpiryInterval = messageExpiry / 1000;
    if (spec.payloadFormat !== undefined) properties.payloadFormatIndicator = spec.payloadFormat === "text";
    if (contentType !== null) properties.contentType = contentType(context);
    if (responseTopic !== null) properties.responseTopic = responseTopic(context);
    if (correlation !== null) {
      const data = correlation(context);
      if (data === null) return null;
      properties.correlationData = Buffer.from(data as string);
    }
    if (user !== null) properties.userProperties = user(context);
    return areWritable(properties) ? properties : null;
  };
}

function optionalText(template: string | undefined): TextTemplate | null {
  return template === undefined ? null : compileTextTemplate(template);
}

export function compileUserProperties(
  spec: z.output<typeof userProperties>,
): (context: VuContext) => Record<string, string> {
  const entries = Object.entries(spec).map(
    ([name, value]) => [name, compileTextTemplate(String(value))] as const,
  );
  return (context) => Object.fromEntries(entries.map(([name, render]) => [name, render(context)]));
}

/** [MQTT-3.3.2-14]: a response topic is a topic name. The codec would write the length of a longer field wrongly. */
function areWritable({
  contentType,
  responseTopic,
  correlationData,
  userProperties: user,
}: PublishProperties) {
  if (responseTopic !== undefined && topicProblem(responseTopic) !== null) return false;
  if (correlationData !== undefined && correlationData.length > LONGEST_FIELD_BYTES) return false;
  const fields = [contentType ?? "", ...Object.entries(user ?? {}).flat()];
  return !fields.some((field) => isTooLong(String(field)));
}
