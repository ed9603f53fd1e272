/** The states of a device and what may follow what. device.ts goes through `next`; tests walk the table. */

export type DeviceState =
  /** It is not connected and not about to be: before `connect`, after `disconnect`. */
  | "offline"
  /** The transport is being opened. */
  | "connecting"
  /** CONNECT is written, CONNACK is awaited. */
  | "awaiting-connack"
  /** It is connected; `onConnect` runs. */
  | "bootstrapping"
  /** It is connected, and its bootstrap is complete. */
  | "ready"
  /** It waits to try again. */
  | "backoff"
  /** It means to be online and does not try any more: a server told it to stop, or it has given up. */
  | "stopped"
  /** The virtual user is over. */
  | "ended";

export type StateChange =
  /** The flow or the backoff timer asks for a connection. */
  | "connect"
  | "opened"
  | "accepted"
  | "bootstrapped"
  /** The attempt or the connection failed, whoever ended it. */
  | "failed"
  /** It does not try again. */
  | "stop"
  /** The flow asked to disconnect. */
  | "disconnect"
  | "end";

const TRANSITIONS: Record<DeviceState, Partial<Record<StateChange, DeviceState>>> = {
  offline: { connect: "connecting", disconnect: "offline", end: "ended" },
  connecting: { opened: "awaiting-connack", failed: "backoff", disconnect: "offline", end: "ended" },
  "awaiting-connack": { accepted: "bootstrapping", failed: "backoff", disconnect: "offline", end: "ended" },
  bootstrapping: { bootstrapped: "ready", failed: "backoff", disconnect: "offline", end: "ended" },
  ready: { failed: "backoff", disconnect: "offline", end: "ended" },
  backoff: { connect: "connecting", stop: "stopped", disconnect: "offline", end: "ended" },
  stopped: { connect: "connecting", disconnect: "offline", end: "ended" },
  ended: { end: "ended" },
};

/** The state after `event`, or null where the event has no meaning in this state. */
export function next(state: DeviceState, event: StateChange): DeviceState | null {
  return TRANSITIONS[state][event] ?? null;
}

export const DEVICE_STATES: DeviceState[] = Object.keys(TRANSITIONS) as DeviceState[];

/** It is connected as the broker sees it: its CONNACK was accepted and the connection has not ended. */
export function isOnline(state: DeviceState): boolean {
  return state === "bootstrapping" || state === "ready";
}
