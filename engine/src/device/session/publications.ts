import type { IPubackPacket, IPubcompPacket, IPublishPacket, IPubrecPacket } from "mqtt-packet";
import { reasonName } from "../../transport/reason-codes.ts";
import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import { stormOf } from "../messages/mark.ts";
import { type Messages, NOT_MARKABLE, UNMARKED } from "../messages/messages.ts";
import { LOST, type Waiter } from "../turns.ts";
import type { Exchange } from "./exchange.ts";
import { acknowledge, begin, send, TOO_LARGE } from "./inflight.ts";
import { publishProblem } from "./server-limits.ts";
import type { Inflight, PublishCall } from "./session.ts";

/** What the device publishes. MQTT 3.1.1 and 5.0, sections 3.3 to 3.7 and 4.3. */

export function publish(exchange: Exchange, call: PublishCall, waiter: Waiter): void {
  const { device, limits } = exchange;
  if (!device.isOnline) {
    exchange.settle(waiter, LOST);
    return;
  }
  const problem = publishProblem(limits, call);
  if (problem !== null) {
    exchange.settle(waiter, problem);
    return;
  }
  if (call.tracked && !(device.env.messages as Messages).canMark(call.payload)) {
    exchange.settle(waiter, NOT_MARKABLE);
    return;
  }
  const packet: IPublishPacket = { cmd: "publish", dup: false, ...call };
  if (call.qos === 0) {
    const segment = call.tracked ? mark(device, packet, device.env.port.now()) : UNMARKED;
    const isSent = device.line.send(packet, limits.maximumPacketSize);
    if (isSent) device.tell(EVENTS.publishSent);
    if (segment !== UNMARKED) tellMarked(device, packet, segment, isSent);
    exchange.settle(waiter, isSent ? null : TOO_LARGE);
    return;
  }
  const entry = begin(exchange, "publish", waiter);
  if (entry === null) return;
  packet.messageId = entry.messageId;
  entry.tracked = call.tracked === true;
  entry.packet = packet;
  transmit(exchange, entry);
}

/** [MQTT-4.4.0-1]: unacknowledged PUBLISH and PUBREL are sent again, in order, with their packet ids. */
export function resend(exchange: Exchange): void {
  const entries = [...(exchange.session.inflight?.values() ?? [])];
  // A released message still takes its share: a server may count it until PUBCOMP.
  for (const { released } of entries) if (released) exchange.quota--;
  for (const entry of entries) {
    if (entry.packet === null) continue;
    if (entry.released) send(exchange, entry, { cmd: "pubrel", messageId: entry.messageId });
    else transmit(exchange, entry);
  }
}

/** Sends a publication of QoS 1 or 2, or keeps it until the server has acknowledged others. [MQTT-3.3.4-7] */
function transmit(exchange: Exchange, entry: Inflight): void {
  if (exchange.quota > 0 && exchange.queued === null) {
    sendPublish(exchange, entry);
  } else {
    exchange.queued ??= [];
    exchange.queued.push(entry);
  }
}

function sendPublish(exchange: Exchange, entry: Inflight): void {
  const { device } = exchange;
  const packet = entry.packet as IPublishPacket;
  const isMarked = entry.tracked && !entry.sent;
  if (isMarked) entry.segment = mark(device, packet, entry.sentAtMs);
  const isSent = send(exchange, entry, entry.sent ? { ...packet, dup: true } : packet);
  if (isMarked && entry.segment !== UNMARKED) tellMarked(device, packet, entry.segment, isSent);
  if (!isSent) return;
  exchange.quota--;
  if (entry.sent) return;
  entry.sent = true;
  entry.sentAtMs = device.env.port.now();
  device.tell(EVENTS.publishSent);
}

function mark(device: Device, packet: IPublishPacket, sinceMs: number): number {
  return (device.env.messages as Messages).mark(device, packet, sinceMs);
}

function tellMarked(device: Device, packet: IPublishPacket, segment: number, isSent: boolean): void {
  if (isSent) device.tell(EVENTS.messagePublished, stormOf(segment));
  else device.env.messages?.unmark(device, packet);
}

/** An acknowledgement makes room for the oldest that wait. */
function sendQueued(exchange: Exchange): void {
  while (exchange.quota > 0 && exchange.queued !== null) {
    const entry = exchange.queued.shift();
    if (exchange.queued.length === 0) exchange.queued = null;
    if (entry !== undefined) sendPublish(exchange, entry);
  }
}

/** PUBACK ends QoS 1, PUBCOMP QoS 2. [MQTT-4.3.2-1], [MQTT-4.3.3-1] */
export function onPuback(exchange: Exchange, packet: IPubackPacket | IPubcompPacket): void {
  const waiting = exchange.session.inflight?.get(packet.messageId ?? 0);
  if (waiting?.packet?.qos !== (packet.cmd === "puback" ? 1 : 2)) return;
  const entry = acknowledge(exchange, "publish", packet.messageId);
  // What PUBREC took has arrived. A PUBREL that is sent again may find the server done with it, which "is not an
  // error during recovery": MQTT 5.0 section 3.7.2.1.
  if (entry !== null) published(exchange, entry, entry.released ? 0 : (packet.reasonCode ?? 0));
}

export function onPubrec(exchange: Exchange, packet: IPubrecPacket): void {
  const reason = packet.reasonCode ?? 0;
  if (reason >= 128) {
    const refused = acknowledge(exchange, "publish", packet.messageId);
    if (refused !== null) published(exchange, refused, reason);
    return;
  }
  const entry = exchange.session.inflight?.get(packet.messageId ?? 0);
  // [MQTT-4.3.3-1]: PUBREL answers PUBREC; one that is not known is answered too, so that the broker can forget it.
  if (entry !== undefined && entry.timer !== null) entry.released = true;
  exchange.device.line.send({ cmd: "pubrel", messageId: packet.messageId ?? 0 });
}

function published(exchange: Exchange, entry: Inflight, reason: number): void {
  const { device } = exchange;
  exchange.quota++;
  sendQueued(exchange);
  if (entry.isBacklog) exchange.backlog?.flushed();
  if (reason >= 128) {
    exchange.settle(entry.waiter, `puback.${reasonName(reason)}`);
    return;
  }
  device.tell(EVENTS.publishAcknowledged, 0, device.env.port.now() - entry.sentAtMs);
  if (entry.segment !== UNMARKED) device.tell(EVENTS.messageAcknowledged, stormOf(entry.segment));
  exchange.settle(entry.waiter, null);
}
