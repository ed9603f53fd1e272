import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import type { DeviceCredentials, Will } from "../../device/credentials.ts";
import { topicProblem } from "../../device/topic.ts";
import { compilePayload, messagePayload } from "../payload.ts";
import { compileUserProperties, payloadFormat, userProperties } from "../publish-properties.ts";
import { boolean } from "../scalars.ts";
import { compileTextTemplate, type TextTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { compileSetting } from "./setting.ts";
import { qos, qosLevel, retain, secondsMs, text } from "./step.ts";

/** Who a device says that it is in CONNECT: the part of a `connect` step that is templates. */

const credential = text.refine((value) => !value.includes("\u0000"), {
  error: "text without null characters",
});

const will = z.strictObject({
  topic: text.refine((value) => /\{\{/.test(value) || topicProblem(value) === null, {
    error: "a topic name, without + and #",
  }),
  payload: messagePayload.default(""),
  qos: qos.default(0),
  retain: retain.default(false),
  delayInterval: secondsMs.optional(),
  messageExpiry: secondsMs.optional(),
  contentType: text.optional(),
  responseTopic: text.optional(),
  correlationData: messagePayload.optional(),
  payloadFormat: payloadFormat.optional(),
  userProperties: userProperties.optional(),
});

describeKeys(will, {
  topic: "Where the will is published; a template.",
  payload: "Its payload: text, JSON, or bytes as { base64 }, { hex } or { file }.",
  qos: "Its QoS: 0 (unless given), 1 or 2.",
  retain: "Whether it is retained; false unless given.",
  delayInterval: "MQTT 5: how long the server waits with it, in whole seconds.",
  messageExpiry: "MQTT 5: how long the message may live, in whole seconds.",
  contentType: "MQTT 5: the MIME type of the payload.",
  responseTopic: "MQTT 5: where an answer is to go.",
  correlationData: "MQTT 5: by what an answer is told.",
  payloadFormat: "MQTT 5: bytes or text.",
  userProperties: "MQTT 5: names and values that go with it.",
});

/** Keys of a will, and of the identity, that MQTT 3.1.1 does not have. */
export const MQTT5_WILL_KEYS = [
  "delayInterval",
  "messageExpiry",
  "contentType",
  "responseTopic",
  "correlationData",
  "payloadFormat",
  "userProperties",
] as const;

export const identityShape = {
  /** The server assigns one where it is empty, and the device keeps it. */
  clientId: z
    .union([z.literal(""), credential], { error: "text, or nothing to let the server assign one" })
    .optional(),
  username: credential.optional(),
  password: credential.optional(),
  userProperties: userProperties.optional(),
  will: will.optional(),
};

export const IDENTITY_DESCRIPTIONS: Readonly<Record<keyof typeof identityShape, string>> = {
  clientId: "The client id, a template; {{ deviceId }} unless given, empty to let the server assign one.",
  username: "The user name, a template.",
  password: "The password, a template.",
  userProperties: "MQTT 5: names and values that CONNECT carries.",
  will: "What the server publishes when the connection ends without DISCONNECT.",
};

const identity = z.strictObject(identityShape);
export type IdentitySpec = z.output<typeof identity>;

/** Renders what the step names, for one device at one time; the rest stays as `known`. Null where it names nothing. */
export type IdentityTemplate = (context: VuContext, known: DeviceCredentials) => DeviceCredentials;

export function compileIdentity(spec: IdentitySpec): IdentityTemplate | null {
  const clientId = optionalText(spec.clientId);
  const username = optionalText(spec.username);
  const password = optionalText(spec.password);
  const properties = spec.userProperties === undefined ? null : compileUserProperties(spec.userProperties);
  const willOf = spec.will === undefined ? null : compileWill(spec.will);
  if (!clientId && !username && !password && !properties && !willOf) return null;
  return (context, known) => ({
    ...known,
    ...(clientId === null ? {} : { clientId: clientId(context) }),
    ...(username === null ? {} : { username: username(context) }),
    ...(password === null ? {} : { password: password(context) }),
    ...(properties === null ? {} : { userProperties: properties(context) }),
    ...(willOf === null ? {} : { will: willOf(context) }),
  });
}

function optionalText(template: string | undefined): TextTemplate | null {
  return template === undefined ? null : compileTextTemplate(template);
}

function compileWill(spec: z.output<typeof will>): (context: VuContext) => Will {
  const topic = compileTextTemplate(spec.topic);
  const body = compilePayload(spec.payload);
  const correlation = spec.correlationData === undefined ? null : compilePayload(spec.correlationData);
  const contentType = optionalText(spec.contentType);
  const responseTopic = optionalText(spec.responseTopic);
  const properties = spec.userProperties === undefined ? null : compileUserProperties(spec.userProperties);
  const qosOf = compileSetting(spec.qos, qosLevel, "connect.will.qos");
  const retainOf = compileSetting(spec.retain, boolean, "connect.will.retain");
  const fixed = {
    ...(spec.delayInterval === undefined ? {} : { delayS: spec.delayInterval / 1000 }),
    ...(spec.messageExpiry === undefined ? {} : { messageExpiryS: spec.messageExpiry / 1000 }),
    ...(spec.payloadFormat === undefined ? {} : { payloadFormat: spec.payloadFormat }),
  };
  return (context) => ({
    ...fixed,
    qos: qosOf(context),
    retain: retainOf(context),
    topic: topic(context),
    payload: bytesOf(body(context)),
    ...(contentType === null ? {} : { contentType: contentType(context) }),
    ...(responseTopic === null ? {} : { responseTopic: responseTopic(context) }),
    ...(correlation === null
      ? {}
      : { correlationData: Buffer.from(bytesOf(correlation(context)) as string) }),
    ...(properties === null ? {} : { userProperties: properties(context) }),
  });
}

/** Throws where a variable makes no bytes of it: a device without the will that it is to have would be another one. */
function bytesOf(payload: string | Buffer | null): string | Buffer {
  if (payload === null)
    throw new Error("connect.will: the payload is no base64, no hex digits, or no file that can be read");
  return payload;
}
