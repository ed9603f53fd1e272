/** Names of the codes in CONNACK, SUBACK and DISCONNECT. One table per version, both from the specification. */

/** MQTT 3.1.1 section 3.2.2.3, table 3.1. */
const CONNACK_RETURN_CODES: Record<number, string> = {
  0: "accepted",
  1: "unacceptable_protocol_version",
  2: "identifier_rejected",
  3: "server_unavailable",
  4: "bad_user_name_or_password",
  5: "not_authorized",
};

/** MQTT 5.0 section 2.4, table 2-6. */
const REASON_CODES: Record<number, string> = {
  0: "success",
  4: "disconnect_with_will_message",
  16: "no_matching_subscribers",
  17: "no_subscription_existed",
  128: "unspecified_error",
  129: "malformed_packet",
  130: "protocol_error",
  131: "implementation_specific_error",
  132: "unsupported_protocol_version",
  133: "client_identifier_not_valid",
  134: "bad_user_name_or_password",
  135: "not_authorized",
  136: "server_unavailable",
  137: "server_busy",
  138: "banned",
  139: "server_shutting_down",
  140: "bad_authentication_method",
  141: "keep_alive_timeout",
  142: "session_taken_over",
  143: "topic_filter_invalid",
  144: "topic_name_invalid",
  145: "packet_identifier_in_use",
  146: "packet_identifier_not_found",
  147: "receive_maximum_exceeded",
  148: "topic_alias_invalid",
  149: "packet_too_large",
  150: "message_rate_too_high",
  151: "quota_exceeded",
  152: "administrative_action",
  153: "payload_format_invalid",
  154: "retain_not_supported",
  155: "qos_not_supported",
  156: "use_another_server",
  157: "server_moved",
  158: "shared_subscriptions_not_supported",
  159: "connection_rate_exceeded",
  160: "maximum_connect_time",
  161: "subscription_identifiers_not_supported",
  162: "wildcard_subscriptions_not_supported",
};

/**
 * Name of a CONNACK code. A broker that speaks only 3.1.1 answers a version 5 CONNECT with return code 1, so small
 * codes are read from the 3.1.1 table whatever the version. Unknown codes share one name: metric names stay bounded.
 */
export function connackReason(code: number): string {
  if (code < 128) return CONNACK_RETURN_CODES[code] ?? "unknown_code";
  return REASON_CODES[code] ?? "unknown_code";
}

/** CONNACK codes by which a server sheds load. 3.1.1 has one; the rest are of MQTT 5.0 table 3-1. */
export const OVERLOAD_CODES: readonly number[] = [3, 136, 137, 151, 159];

export function isOverload(code: number): boolean {
  return OVERLOAD_CODES.includes(code);
}

/** Another client connected with the same client id. MQTT 5.0 section 3.1.4, [MQTT-3.1.4-3]. */
export const SESSION_TAKEN_OVER = 142;

/** Server moved; its counterpart, for the time being, is 0x9C, use another server. MQTT 5.0 section 4.11. */
export const PERMANENT_REDIRECT = 157;

export function isRedirect(code: number): boolean {
  return code === 156 || code === PERMANENT_REDIRECT;
}

/** Name of a reason code in any other packet. */
export function reasonName(code: number): string {
  return REASON_CODES[code] ?? "unknown_code";
}

/** Codes by which a server refuses or ends a connection: CONNACK's of 3.1.1, and what MQTT 5 has from 0x80 on. */
export const REFUSAL_NAMES: readonly string[] = [...new Set(refusals().map(([, name]) => name))];

/**
 * The codes that a name stands for, of both versions; or the one that is written as a number, 0x87 or 135. Null for what no server
 * refuses with.
 */
export function refusalCodes(nameOrCode: string): readonly number[] | null {
  const code = /^(?:0x[0-9a-f]{1,2}|\d{1,3})$/i.test(nameOrCode) ? Number(nameOrCode) : null;
  const found = refusals().flatMap(([known, name]) =>
    (code === null ? name === nameOrCode : known === code) ? [known] : [],
  );
  return found.length === 0 ? null : found;
}

function refusals(): [number, string][] {
  const of3 = Object.entries(CONNACK_RETURN_CODES).filter(([code]) => code !== "0");
  const of5 = Object.entries(REASON_CODES).filter(([code]) => Number(code) >= 128);
  return [...of3, ...of5].map(([code, name]) => [Number(code), name]);
}
