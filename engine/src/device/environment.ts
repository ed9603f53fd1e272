import type { Codec } from "../transport/codec.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { BackoffDelay, ResetAfter } from "./backoff.ts";
import type { Device } from "./device.ts";

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
  | "finished";

/** What happens to devices is told here, once; capture/recorder.ts makes every view of it. Times in milliseconds. */
export interface DeviceEvents {
  connectAttempt(cohort: number, storm: number): void;
  tcpOpened(cohort: number, ms: number): void;
  tlsOpened(cohort: number, ms: number, resumed: boolean): void;
  websocketOpened(cohort: number, ms: number): void;
  connectAccepted(cohort: number, storm: number, connectMs: number, connackMs: number, first: boolean): void;
  connectRefused(cohort: number, reason: string): void;
  /** `storm` is 0 here and below where the outage is not, or no longer, the storm's. */
  reconnected(cohort: number, storm: number, ms: number): void;
  /** `ms` since the loss of the connection; null on a device's first time. */
  becameReady(cohort: number, storm: number, ms: number | null): void;
  disconnected(cohort: number, cause: DisconnectCause, wasReady: boolean): void;
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
}

export interface DeviceEnvironment {
  plan: DevicePlan;
  time: Time;
  open: OpenTransport;
  codec: Codec;
  events: DeviceEvents;
  /** Uniform in [0, 1): the `draw`-th number of a device, the same in every run with this seed. */
  random(deviceNumber: number, draw: number): number;
  /** Runs `onConnect` for a device; `done` gets null or the name of a failure. */
  bootstrap(device: Device, done: (failure: string | null) => void): void;
}

export interface DeviceCredentials {
  clientId: string;
  username: string | null;
  password: string | null;
}
