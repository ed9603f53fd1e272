import type { IConnectPacket } from "mqtt-packet";
import type { DeviceCredentials, Will } from "./credentials.ts";
import type { DevicePlan } from "./plan.ts";
import { isTooLong, LONGEST_FIELD_BYTES, topicProblem } from "./topic.ts";

type ConnectSettings = Pick<
  DevicePlan,
  | "protocolVersion"
  | "clean"
  | "keepaliveMs"
  | "sessionExpiryS"
  | "receiveMaximum"
  | "maxPacketBytes"
  | "topicAliasMaximum"
>;

/**
 * CONNECT of one device. MQTT 3.1.1 and 5.0, section 3.1. Call it only where `credentialsProblem` finds none.
 *
 * @param clientId the device's own, or what the server assigned to one that has none
 */
export function connectPacket(
  plan: ConnectSettings,
  credentials: DeviceCredentials,
  clientId: string = credentials.clientId,
): IConnectPacket {
  const { username, password, will, userProperties } = credentials;
  const packet: IConnectPacket = {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: plan.protocolVersion,
    clean: plan.clean,
    clientId,
    keepalive: Math.round(plan.keepaliveMs / 1000),
  };
  if (username !== null) packet.username = username;
  if (password !== null) packet.password = Buffer.from(password);
  if (will !== undefined) packet.will = willOf(will, plan.protocolVersion);
  if (plan.protocolVersion === 5) {
    packet.properties = connectProperties(plan);
    if (userProperties !== undefined) packet.properties.userProperties = userProperties;
  }
  return packet;
}

/** What differs from the specification's default is sent, and nothing else; section 3.1.2.11. */
function connectProperties(plan: ConnectSettings): NonNullable<IConnectPacket["properties"]> {
  const properties: NonNullable<IConnectPacket["properties"]> = { maximumPacketSize: plan.maxPacketBytes };
  if (plan.sessionExpiryS > 0) properties.sessionExpiryInterval = plan.sessionExpiryS;
  if (plan.receiveMaximum < 65_535) properties.receiveMaximum = plan.receiveMaximum;
  if (plan.topicAliasMaximum > 0) properties.topicAliasMaximum = plan.topicAliasMaximum;
  return properties;
}

function willOf(will: Will, protocolVersion: 4 | 5): NonNullable<IConnectPacket["will"]> {
  const { topic, payload, qos, retain, delayS, messageExpiryS, contentType, responseTopic, userProperties } =
    will;
  const { correlationData, payloadFormat } = will;
  // The payload is bytes, not text: the codec would write the number of characters as the length.
  const packet: NonNullable<IConnectPacket["will"]> = {
    topic,
    payload: Buffer.from(payload as string),
    qos,
    retain,
  };
  if (protocolVersion === 5) {
    packet.properties = {
      ...(delayS === undefined ? {} : { willDelayInterval: delayS }),
      ...(messageExpiryS === undefined ? {} : { messageExpiryInterval: messageExpiryS }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlationData === undefined ? {} : { correlationData }),
      ...(payloadFormat === undefined ? {} : { payloadFormatIndicator: payloadFormat === "text" }),
      ...(userProperties === undefined ? {} : { userProperties }),
    };
  }
  return packet;
}

/** Why a device's credentials make no CONNECT, or null. They come from templates, so a run may make any text of them. */
export function credentialsProblem(clean: boolean, credentials: DeviceCredentials): string | null {
  const { clientId, username, password, will, userProperties } = credentials;
  // [MQTT-3.1.3-8] of 3.1.1; version 5 allows it, but then nobody can come back to the session it kept.
  if (clientId === "" && !clean) return "an empty client id needs a clean session";
  // [MQTT-3.1.2-22] of 3.1.1. MQTT 5 allows it, mqtt-packet does not.
  if (password !== null && username === null) return "a password needs a user name";
  if (will !== undefined) {
    const problem = topicProblem(will.topic);
    if (problem !== null) return `the will's topic ${problem}`;
  }
  const fields = [
    clientId,
    username,
    password,
    will?.topic,
    typeof will?.payload === "string" ? will.payload : undefined,
    will?.contentType,
    will?.responseTopic,
    ...Object.entries(userProperties ?? {}).flat(),
    ...Object.entries(will?.userProperties ?? {}).flat(),
  ];
  const bytes = [will?.payload, will?.correlationData].filter((field) => typeof field === "object");
  return fields.some((field) => isTooLong(field ?? "")) ||
    bytes.some(({ length }) => length > LONGEST_FIELD_BYTES)
    ? `a field is longer than ${LONGEST_FIELD_BYTES} bytes`
    : null;
}
