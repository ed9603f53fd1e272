import type { ISubackPacket, IUnsubackPacket } from "mqtt-packet";
import { reasonName } from "../../transport/reason-codes.ts";
import { EVENTS } from "../events.ts";
import type { Waiter } from "../turns.ts";
import type { Exchange } from "./exchange.ts";
import { acknowledge, begin, send } from "./inflight.ts";
import { subscribeProblem } from "./server-limits.ts";

/** MQTT 3.1.1 and 5.0, sections 3.8 to 3.11. */

/** Of MQTT 5, section 3.8.3.1, under the names of the codec: no local, retain as published, retain handling. */
export interface SubscribeOptions {
  nl?: boolean;
  rap?: boolean;
  rh?: 0 | 1 | 2;
}

const NO_OPTIONS: SubscribeOptions = Object.freeze({});

/**
 * SUBSCRIBE, unless the broker kept this session and `resubscribe` is `auto`: then a device in its bootstrap trusts
 * what it subscribed to before, and on its first connection whatever the session holds.
 */
export function subscribe(
  exchange: Exchange,
  filters: readonly string[],
  qos: 0 | 1 | 2,
  trusted: boolean,
  waiter: Waiter,
  options: SubscribeOptions = NO_OPTIONS,
): void {
  const { device, session } = exchange;
  if (filters.length === 0 || (trusted && isSubscribed(exchange, filters))) {
    if (filters.length > 0) {
      device.tell(EVENTS.subscribeSkipped);
      session.addFilters(filters);
    }
    exchange.settle(waiter, null);
    return;
  }
  const problem = subscribeProblem(exchange.limits, filters);
  if (problem !== null) {
    exchange.settle(waiter, problem);
    return;
  }
  const entry = begin(exchange, "subscribe", waiter);
  if (entry === null) return;
  entry.filters = filters;
  const subscriptions = filters.map((topic) => ({ topic, qos, ...options }));
  if (send(exchange, entry, { cmd: "subscribe", messageId: entry.messageId, subscriptions }))
    device.tell(EVENTS.subscribeSent);
}

function isSubscribed(
  { device, session, sessionPresent, sessionIsOlder }: Exchange,
  filters: readonly string[],
) {
  if (!sessionPresent || device.env.plan.resubscribe === "always") return false;
  return sessionIsOlder || filters.every((filter) => session.hasFilter(filter));
}

export function unsubscribe(exchange: Exchange, filters: readonly string[], waiter: Waiter): void {
  const entry = begin(exchange, "unsubscribe", waiter);
  if (entry === null) return;
  entry.filters = filters;
  send(exchange, entry, {
    cmd: "unsubscribe",
    messageId: entry.messageId,
    unsubscriptions: [...filters],
  });
}

export function onSuback(exchange: Exchange, packet: ISubackPacket): void {
  const entry = acknowledge(exchange, "subscribe", packet.messageId);
  if (entry === null) return;
  // [MQTT-3.9.3-1], MQTT 5.0 table 3-8: 0x80 and above are failures.
  const refused = refusal(packet.granted);
  if (refused !== null) {
    exchange.settle(entry.waiter, `suback.${refused}`);
    return;
  }
  const { device, session } = exchange;
  session.addFilters(entry.filters ?? []);
  device.tell(EVENTS.subscribed, 0, device.env.port.now() - entry.sentAtMs);
  exchange.settle(entry.waiter, null);
}

export function onUnsuback(exchange: Exchange, packet: IUnsubackPacket): void {
  const entry = acknowledge(exchange, "unsubscribe", packet.messageId);
  if (entry === null) return;
  // MQTT 5.0 section 3.11.3: a code for each filter; MQTT 3.1.1 has none.
  const codes = packet.granted ?? [];
  exchange.session.removeFilters((entry.filters ?? []).filter((_, i) => (codes[i] ?? 0) < 128));
  exchange.epoch++;
  const refused = refusal(codes);
  exchange.settle(entry.waiter, refused === null ? null : `unsuback.${refused}`);
}

function refusal(granted: readonly unknown[]): string | null {
  for (const code of granted) {
    if (typeof code === "number" && code >= 128) return reasonName(code);
  }
  return null;
}
