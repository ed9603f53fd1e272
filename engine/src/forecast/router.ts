import type { IPublishPacket, ISubscription, Packet } from "mqtt-packet";
import { Owed } from "./owed.ts";
import type { BrokerLink, Client, Delivery } from "./peers.ts";
import { type Audience, Routes } from "./routes.ts";

/**
 * Messages from device to device: who has subscribed to their topics, and what is owed to whom. A message comes once to each
 * subscriber, with the highest QoS of its subscriptions that match, as Mosquitto and Aedes have it ([MQTT-3.3.5-1] allows both).
 */
export class Router {
  readonly #routes = new Routes<Client, ISubscription>();
  readonly #pass: (link: BrokerLink, delivery: Delivery) => void;

  /** @param pass takes what leaves when it is its turn */
  constructor(pass: (link: BrokerLink, delivery: Delivery) => void) {
    this.#pass = pass;
  }

  subscribe(client: Client, subscription: ISubscription): void {
    this.#routes.add(subscription.topic, client, subscription);
  }

  unsubscribe(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#routes.remove(filter, client);
  }

  /** The client has come back to a session that was kept. */
  resume(client: Client): void {
    client.owed?.resume(client.receiveMaximum);
    this.#send(client);
  }

  /** @param from null for who is not there any more */
  publish(from: Client | null, packet: IPublishPacket, nowMs: number): void {
    const audiences = this.#routes.of(packet.topic);
    if (audiences.length === 0) return;
    const message = forwarded(packet);
    for (const [client, subscription] of oncePerClient(audiences)) {
      if (subscription.nl !== true || client !== from) this.#offer(client, subscription, message, nowMs);
    }
    for (const { isShared, members } of audiences) {
      if (isShared) this.#offerToOne(members, message, nowMs);
    }
  }

  /** They take turns; one that is there goes before those that are not. */
  #offerToOne(members: Map<Client, ISubscription>, message: IPublishPacket, nowMs: number): void {
    const chosen = nextOf(members);
    if (chosen === null) return;
    const [client, subscription] = chosen;
    members.delete(client);
    members.set(client, subscription);
    this.#offer(client, subscription, message, nowMs);
  }

  #offer(client: Client, { qos: granted, rap }: ISubscription, message: IPublishPacket, nowMs: number): void {
    const qos = granted < message.qos ? granted : message.qos;
    const retain = rap === true && message.retain;
    const own = qos === message.qos && retain === message.retain ? message : { ...message, qos, retain };
    const { link } = client;
    const isThere = isConnected(link);
    if (qos === 0) {
      if (isThere) this.#pass(link, { passedOn: own });
      return;
    }
    if (!isThere && !isKept(client, nowMs)) return;
    client.owed ??= new Owed(client.receiveMaximum);
    client.owed.add(own);
    if (isThere) this.#send(client);
  }

  #send(client: Client): void {
    const { link, owed } = client;
    if (owed === null || link === null) return;
    for (let packet = owed.take(); packet !== null; packet = owed.take())
      this.#pass(link, { passedOn: packet });
  }

  /** A PUBLISH of QoS 2 has come; false where it had come before. */
  takeOnce(client: Client, id: number): boolean {
    client.owed ??= new Owed(client.receiveMaximum);
    return client.owed.takeOnce(id);
  }

  /** What a client says of messages of QoS 1 and 2. */
  hear(client: Client, { cmd, messageId = 0 }: Packet): void {
    const { owed } = client;
    if (owed === null) return;
    if (cmd === "pubrec") owed.release(messageId);
    else if (cmd === "pubrel") owed.forget(messageId);
    else owed.settle(messageId);
    this.#send(client);
  }
}

function nextOf(members: Map<Client, ISubscription>): [Client, ISubscription] | null {
  for (const member of members) if (isConnected(member[0].link)) return member;
  const [first = null] = members;
  return first;
}

/** As far as the broker knows. */
function isConnected(link: BrokerLink | null): link is BrokerLink {
  return link !== null && (link.isHeard || link.isHalfOpen);
}

function isKept({ expiryMs, goneAtMs }: Client, nowMs: number): boolean {
  return expiryMs > 0 && nowMs <= goneAtMs + expiryMs;
}

/** As it goes on to others: its aliases and its packet identifier were for its own connection. */
function forwarded({ topic, payload, qos, retain, properties }: IPublishPacket): IPublishPacket {
  const message: IPublishPacket = {
    cmd: "publish",
    topic,
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
    qos,
    dup: false,
    retain,
  };
  if (properties === undefined) return message;
  const { topicAlias: _own, ...others } = properties;
  return { ...message, properties: others };
}

/** Members of all audiences that are not shared, each with the subscription of the highest QoS. */
function oncePerClient(
  audiences: readonly Audience<Client, ISubscription>[],
): Iterable<[Client, ISubscription]> {
  const each = audiences.filter(({ isShared }) => !isShared);
  const [only] = each;
  if (only === undefined) return [];
  if (each.length === 1) return only.members;
  const all = new Map<Client, ISubscription>();
  for (const { members } of each) {
    for (const [client, subscription] of members) {
      const known = all.get(client);
      if (known === undefined || known.qos < subscription.qos) all.set(client, subscription);
    }
  }
  return all;
}
