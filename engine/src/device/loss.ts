/** Why an established connection ended. It is part of `mqtt.disconnects.<cause>`. */
export type DisconnectCause =
  | "reset"
  | "close"
  | "disconnect"
  /** The device's power went, and the broker hears of nothing. */
  | "power_off"
  | "closed"
  | "keepalive"
  | "bootstrap_timeout"
  | "bootstrap_refused"
  | "config_timeout"
  | "ack_timeout"
  /** A message that it waited for did not come. */
  | "message_timeout"
  | "malformed_packet"
  /** The broker does not read what the device sends. */
  | "send_buffer_full"
  /** Another client came with the same client id: a server of MQTT 5 says so; with 3.1.1 only a device of the same fleet is known to have. */
  | "session_taken_over"
  /** The device has been away from home long enough. */
  | "return_home"
  | "finished";

/** How the engine itself ends a connection. */
export type DropCause = "reset" | "close" | "disconnect" | "power_off";

/** Ends that somebody on this side wanted: they are no errors, and no storm's that is only watched. */
const MEANT: ReadonlySet<DisconnectCause> = new Set([
  "reset",
  "close",
  "disconnect",
  "power_off",
  "return_home",
]);

export function isMeant(cause: DisconnectCause): boolean {
  return MEANT.has(cause);
}
