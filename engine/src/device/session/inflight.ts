import type { Packet } from "mqtt-packet";
import { UNMARKED } from "../messages/messages.ts";
import { LOST, type Waiter } from "../turns.ts";
import type { Exchange } from "./exchange.ts";
import type { Inflight } from "./session.ts";

/** Packets that the broker has to acknowledge in time. */

/** The name of its reason code, as for every failure that the server would have answered with. */
export const TOO_LARGE = "packet_too_large";

/** A new packet in flight; null (and `waiter` settled) when there cannot be one. */
export function begin(exchange: Exchange, kind: Inflight["kind"], waiter: Waiter): Inflight | null {
  const { device, session } = exchange;
  if (!device.isOnline) {
    exchange.settle(waiter, LOST);
    return null;
  }
  const messageId = session.allocateId();
  if (messageId === null) {
    exchange.settle(waiter, "no_packet_id");
    return null;
  }
  const entry: Inflight = {
    kind,
    messageId,
    sentAtMs: device.env.port.now(),
    timer: null,
    packet: null,
    released: false,
    sent: false,
    filters: null,
    tracked: false,
    segment: UNMARKED,
    isBacklog: false,
    waiter,
  };
  session.add(entry);
  return entry;
}

/** Sends what is to be acknowledged in time. What the server would not take is not sent, and the entry is over. [MQTT-3.2.2-15] */
export function send(exchange: Exchange, entry: Inflight, packet: Packet): boolean {
  const { device, limits, session } = exchange;
  if (!device.line.send(packet, limits.maximumPacketSize)) {
    disarm(exchange, entry);
    session.take(entry.messageId);
    exchange.settle(entry.waiter, TOO_LARGE);
    return false;
  }
  disarm(exchange, entry);
  const { port, plan } = device.env;
  entry.timer = port.wake(plan.ackTimeoutMs, onAckTimeout, exchange, entry);
  return true;
}

export function disarm({ device }: Exchange, entry: Inflight): void {
  if (entry.timer !== null) device.env.port.cancel(entry.timer);
  entry.timer = null;
}

/** The broker did not acknowledge in time: the connection is given up. */
function onAckTimeout({ device }: Exchange, entry: Inflight): void {
  entry.timer = null;
  device.fail(device.state === "bootstrapping" ? "bootstrap_timeout" : "ack_timeout");
}

/** Takes the entry that the broker acknowledges; null for what was not sent on this connection. */
export function acknowledge(
  exchange: Exchange,
  kind: Inflight["kind"],
  messageId: number | undefined,
): Inflight | null {
  const { session } = exchange;
  const entry = session.inflight?.get(messageId ?? 0);
  // Without a time-out it was not sent on this connection.
  if (entry === undefined || entry.kind !== kind || entry.timer === null) return null;
  session.take(entry.messageId);
  disarm(exchange, entry);
  return entry;
}
