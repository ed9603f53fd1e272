import type { RegionCounts } from "../region/counts.ts";
import type { FailoverPlan } from "../region/failover.ts";
import type { RegionLoads } from "../region/load.ts";
import type { Codec } from "../transport/codec.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { BackoffDelay, ResetAfter } from "./backoff.ts";
import type { Device } from "./device.ts";
import type { Losses } from "./losses.ts";

/** Why an established connection ended. Part of `mqtt.disconnects.<cause>`. */
export type DisconnectCause =
  | "reset"
  | "close"
  | "disconnect"
  | "closed"
  | "keepalive"
  | "bootstrap_timeout"
  | "bootstrap_refused"
  | "config_timeout"
  | "ack_timeout"
  | "malformed_packet"
  /** The broker does not read what the device sends. */
  | "send_buffer_full"
  /** By another client with the same client id; only a server of MQTT 5 says so. */
  | "session_taken_over"
  /** Away from home long enough. */
  | "return_home"
  | "finished";

/**
 * What happens to devices is told here, once; capture/recorder.ts makes every view of it. Times in milliseconds. `storm` is
 * the one that disconnected the device, while it is not ready again; 0 otherwise, unless it says something else.
 */
export interface DeviceEvents {
  connectAttempt(cohort: number, storm: number): void;
  tcpOpened(cohort: number, ms: number): void;
  tlsOpened(cohort: number, ms: number, resumed: boolean): void;
  websocketOpened(cohort: number, ms: number): void;
  connectAccepted(cohort: number, storm: number, connectMs: number, connackMs: number, first: boolean): void;
  connectRefused(cohort: number, reason: string): void;
  /** That refusal said that the server is overloaded. */
  connectOverload(cohort: number): void;
  /** The server named another one, in CONNACK or DISCONNECT, whether or not it is followed. */
  redirected(cohort: number): void;
  /** MQTT 5 DISCONNECT from the server, by the name of its reason code. */
  serverDisconnected(cohort: number, reason: string): void;
  /** `storm` is 0 here and below where the outage is not, or no longer, the storm's. */
  reconnected(cohort: number, storm: number, ms: number): void;
  /** `ms` since the loss of the connection; null on a device's first time. */
  becameReady(cohort: number, storm: number, ms: number | null): void;
  disconnected(cohort: number, cause: DisconnectCause, wasReady: boolean): void;
  /** A storm made the device silent: it is gone, and does not know. */
  silenced(cohort: number, wasReady: boolean): void;
  /** The end of a silent device's connection; `ms` since the silence if it found out by itself, else null. */
  silenceOver(cohort: number, storm: number, cause: DisconnectCause, ms: number | null): void;
  subscribeSent(cohort: number): void;
  subscribeSkipped(cohort: number): void;
  subscribed(cohort: number, ms: number): void;
  publishSent(cohort: number): void;
  publishAcknowledged(cohort: number, ms: number): void;
  publishReceived(cohort: number): void;
  configRequest(cohort: number, storm: number): void;
  configResponse(cohort: number, storm: number, ms: number): void;
  configTimeout(cohort: number, storm: number): void;
  configRejected(cohort: number): void;
  lateResponse(cohort: number, storm: number): void;
  /**
   * These three are told of every device that has a part in `storm` and is not ready, whoever disconnected it, and when: an
   * attempt to connect that was load on the target is over …
   */
  stormConnect(cohort: number, storm: number): void;
  /** … it asks for its configuration … */
  stormRequest(cohort: number, storm: number): void;
  /** … it is ready for the first time since the storm came. */
  stormBack(cohort: number, storm: number): void;
  error(cohort: number, name: string): void;
  bytesSent(cohort: number, bytes: number): void;
  bytesReceived(cohort: number, bytes: number): void;
}

/** Monotonic clock and one-shot timers; a test gives its own. */
export interface Time {
  /** Milliseconds, monotonic, with fractions. */
  now(): number;
  /** Calls `callback(target, argument)` once; a shared callback and two arguments instead of a closure. */
  set<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object;
  clear(timer: object): void;
}

/** Settings of a cohort, one object for all its devices. */
export interface DevicePlan {
  cohort: number;
  protocolVersion: 4 | 5;
  keepaliveMs: number;
  /** From opening the connection to CONNACK. */
  connectTimeoutMs: number;
  /** SUBACK, UNSUBACK, PUBACK, PUBCOMP. */
  ackTimeoutMs: number;
  clean: boolean;
  sessionExpiryS: number;
  resubscribe: "auto" | "always";
  backoff: BackoffDelay;
  /** `previousMs` of the first delay. */
  backoffBaseMs: number;
  resetAfter: ResetAfter;
  maxPacketBytes: number;
  /** MQTT 5: QoS 1 and 2 messages that the server may have unacknowledged here; 65,535 is its default. */
  receiveMaximum: number;
  /** MQTT 5: aliases that the server may use; 0 for none. */
  topicAliasMaximum: number;
  /** MQTT 5: goes where a server says (0x9C, 0x9D), instead of trying again where it was. */
  followReferences: boolean;
}

export interface DeviceEnvironment {
  plan: DevicePlan;
  time: Time;
  open: OpenTransport;
  /** Not given where the script has one target. */
  regions?: {
    failover: FailoverPlan;
    counts: RegionCounts;
    loads: RegionLoads;
    home(deviceNumber: number): number;
  };
  codec: Codec;
  events: DeviceEvents;
  losses: Losses;
  /** Uniform in [0, 1): the `draw`-th number of a device, the same in every run with this seed. */
  random(deviceNumber: number, draw: number): number;
  /** Runs `onConnect` for a device; `done` gets null or the name of a failure. */
  bootstrap(device: Device, done: (failure: string | null) => void): void;
}

export interface DeviceCredentials {
  clientId: string;
  username: string | null;
  password: string | null;
  will?: Will;
  /** MQTT 5 user properties of CONNECT. */
  userProperties?: Record<string, string>;
}

/** What the server publishes for a device that did not take leave. MQTT 3.1.1 and 5.0, section 3.1.2.5. */
export interface Will {
  topic: string;
  payload: string;
  qos: 0 | 1 | 2;
  retain: boolean;
  /** These are of MQTT 5; section 3.1.3.2. Seconds. */
  delayS?: number;
  messageExpiryS?: number;
  contentType?: string;
  responseTopic?: string;
  userProperties?: Record<string, string>;
}

/** Makes a device's credentials before an attempt: calls back once, with null where it could not. */
export type CredentialSource = (done: (credentials: DeviceCredentials | null) => void) => void;
