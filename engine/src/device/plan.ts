import type { BackoffDelay, ResetAfter } from "./backoff.ts";
import type { FailureLimit, Reactions } from "./patience.ts";

/** Settings of a cohort, one object for all its devices. */
export interface DevicePlan {
  cohort: number;
  protocolVersion: 4 | 5;
  keepaliveMs: number;
  /** The time allowed from opening the connection to CONNACK. */
  connectTimeoutMs: number;
  /** The time allowed for SUBACK, UNSUBACK, PUBACK and PUBCOMP. */
  ackTimeoutMs: number;
  clean: boolean;
  sessionExpiryS: number;
  resubscribe: "auto" | "always";
  backoff: BackoffDelay;
  /** `previousMs` of the first delay. */
  backoffBaseMs: number;
  resetAfter: ResetAfter;
  /** What the reason of a refusal or of a server's DISCONNECT leads to; null where the policy decides. */
  reactions: Reactions | null;
  /** Null for a device that tries for ever. */
  failureLimit: FailureLimit | null;
  maxPacketBytes: number;
  /** MQTT 5: QoS 1 and 2 messages that the server may have unacknowledged here; 65,535 is its default. */
  receiveMaximum: number;
  /** MQTT 5: aliases that the server may use; 0 for none. */
  topicAliasMaximum: number;
  /** MQTT 5: goes where a server says (0x9C, 0x9D), instead of trying again where it was. */
  followReferences: boolean;
}
