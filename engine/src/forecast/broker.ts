import type { IConnackPacket, IConnectPacket, IPublishPacket, ISubscribePacket, Packet } from "mqtt-packet";
import { matchesFilter } from "../device/topic.ts";
import { SESSION_TAKEN_OVER } from "../transport/reason-codes.ts";
import { AcceptQueue } from "./accept-queue.ts";
import type { AuthAsker, AuthBackEnd } from "./auth.ts";
import type { BackEnd } from "./back-end.ts";
import type { Lane } from "./lane.ts";
import type { BrokerModel } from "./model.ts";
import type { Network } from "./network.ts";
import {
  type BrokerEnd,
  type BrokerLink,
  type Client,
  GONE,
  HELLO_FULL,
  HELLO_RESUMED,
  type Hello,
  type Notice,
  type ServiceAnswer,
  type Will,
  type Work,
} from "./peers.ts";
import { grownRing } from "./ring.ts";
import { Router } from "./router.ts";

/** The listening socket has connections to accept. */
const LISTENER: Notice = Object.freeze({ notice: "listener" });

/**
 * So much of what a new connection costs a broker is accepting it, the rest is its CONNECT: 44 of 208 us in Aedes, and 15 of 23 in
 * Mosquitto, where either is little (`npm run bench:forecast -- --costs`, benchmarks/README.md).
 */
const ACCEPT_SHARE = 0.2;

/** Linux sends it six times more. */
const MOST_SYNS = 7;

const ACCEPTED: IConnackPacket = Object.freeze({
  cmd: "connack",
  returnCode: 0,
  reasonCode: 0,
  sessionPresent: false,
});
const ACCEPTED_WITH_SESSION: IConnackPacket = Object.freeze({ ...ACCEPTED, sessionPresent: true });
/** MQTT 3.1.1 section 3.2.2.3; 0x88, server unavailable, in MQTT 5.0. */
const UNAVAILABLE: IConnackPacket = Object.freeze({
  cmd: "connack",
  returnCode: 3,
  reasonCode: 0x88,
  sessionPresent: false,
});
const PINGRESP: Packet = Object.freeze({ cmd: "pingresp" });
const TAKEN_OVER: Packet = Object.freeze({ cmd: "disconnect", reasonCode: SESSION_TAKEN_OVER });
const FIRST_CAPACITY = 256;

export interface BrokerOptions {
  model: BrokerModel;
  network: Network;
  /** Null where nobody answers config requests. */
  backEnd: BackEnd | null;
  /** It is asked for every CONNECT; null where anyone may connect. */
  auth: AuthBackEnd | null;
  /** Each device has a client id of its own, which no other has. */
  hasOwnIds: boolean;
  /** Devices may hear one another. */
  routesMessages: boolean;
}

/**
 * A broker as one event loop: what is ready waits for its turn, first in, first out, and each kind of work takes a time of its own.
 * Its listening socket is one of those that are ready, as `epoll` has it: when its turn comes, one connection is accepted and it
 * waits for the next turn (libuv since 1.45, so Node since 20: https://github.com/libuv/libuv/pull/3696), or all that wait (Mosquitto:
 * `mux_epoll__handle` in its src/mux_epoll.c). What a device has sent until then is read afterwards.
 */
export class Broker implements BrokerEnd, AuthAsker {
  readonly network: Network;
  readonly #acceptsAll: boolean;
  readonly #backEnd: BackEnd | null;
  readonly #auth: AuthBackEnd | null;
  readonly #lane: Lane;
  /** Milliseconds per piece of work. */
  readonly #costMs: Record<
    "accept" | "connect" | "tlsFull" | "tlsResumed" | "subscribe" | "message" | "close",
    number
  >;
  /** Clients by their device's number where each has an id of its own, else by id. */
  readonly #byNumber: (Client | undefined)[] = [];
  readonly #byId = new Map<string, Client>();
  readonly #hasOwnIds: boolean;
  /** Null where no device can hear of another. */
  readonly #router: Router | null;
  #assigned = 0;
  /** The queue is a ring of links, null for answers of the back end, and works. */
  #links: (BrokerLink | null)[] = new Array(FIRST_CAPACITY).fill(null);
  #works: (Work | null)[] = new Array(FIRST_CAPACITY).fill(null);
  #head = 0;
  #size = 0;
  #isBusy = false;
  readonly #waiting: AcceptQueue<BrokerLink>;
  /** SYNs that found the accept queue full. */
  droppedSyns = 0;
  /** Connections that made way for another of the same client. */
  takeovers = 0;

  constructor({ model, network, backEnd, auth, hasOwnIds, routesMessages }: BrokerOptions) {
    this.network = network;
    this.#acceptsAll = model.accepts === "all";
    this.#waiting = new AcceptQueue(model.acceptQueue);
    this.#backEnd = backEnd;
    this.#auth = auth;
    this.#hasOwnIds = hasOwnIds;
    this.#router = routesMessages ? new Router((link, delivery) => this.#enqueue(link, delivery)) : null;
    this.#lane = network.clock.lane();
    this.#costMs = {
      accept: (ACCEPT_SHARE * 1000) / model.connects,
      connect: ((1 - ACCEPT_SHARE) * 1000) / model.connects,
      tlsFull: 1000 / model.tlsFull,
      tlsResumed: 1000 / model.tlsResumed,
      subscribe: 1000 / model.subscribes,
      message: 1000 / model.messages,
      close: 1000 / model.closes,
    };
  }

  // ---- the kernel's part ------------------------------------------------------------------------------------------

  dial(link: BrokerLink): void {
    link.syns++;
    this.network.up(synArrived, link, undefined);
  }

  syn(link: BrokerLink): void {
    if (link.isOver) return;
    if (this.#waiting.offer(link)) {
      this.network.up(synAnswered, link, undefined);
      if (this.#waiting.size === 1) this.hear(null, LISTENER);
      return;
    }
    this.droppedSyns++;
    if (link.syns >= MOST_SYNS) return;
    // The next one is on its way as long as this one was.
    this.network.retry(link.syns - 1, synAgain, link, undefined);
  }

  /** The device's end is closed. What it wrote before a FIN is read all the same. */
  left(link: BrokerLink): void {
    this.network.up(hearGone, link, undefined);
    const { client } = link;
    if (client?.link !== link) return;
    client.goneAtMs = this.network.clock.now();
  }

  // ---- the queue --------------------------------------------------------------------------------------------------

  hear(link: BrokerLink | null, work: Work): void {
    if (link !== null && !link.isAccepted) {
      link.unread ??= [];
      link.unread.push(work);
      return;
    }
    this.#enqueue(link, work);
    if (!this.#isBusy) this.#serve();
  }

  #enqueue(link: BrokerLink | null, work: Work): void {
    if (this.#size === this.#links.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#links.length - 1);
    this.#links[at] = link;
    this.#works[at] = work;
    this.#size++;
  }

  #grow(): void {
    this.#links = grownRing(this.#links, this.#head);
    this.#works = grownRing(this.#works, this.#head);
    this.#head = 0;
  }

  /** Does what takes no time, and begins the next that does. */
  #serve(): void {
    while (this.#size > 0) {
      const at = this.#head;
      const link = this.#links[at] as BrokerLink | null;
      const work = this.#works[at] as Work;
      this.#links[at] = null;
      this.#works[at] = null;
      this.#head = (at + 1) & (this.#links.length - 1);
      this.#size--;
      // RST takes along what nobody has read.
      if (link?.isReset && work !== GONE) continue;
      const costMs = this.#costOf(work);
      if (costMs === 0) {
        this.#act(link, work);
        continue;
      }
      this.#begin(link, work, costMs);
      return;
    }
  }

  #begin(link: BrokerLink | null, work: Work, costMs: number): void {
    this.#isBusy = true;
    this.network.clock.push(this.#lane, costMs, this.#served, link, work);
  }

  /** One for all that is served, not one for each. */
  readonly #served = (link: BrokerLink | null, work: Work): void => {
    this.#isBusy = false;
    this.#act(link, work);
    if (!this.#isBusy) this.#serve();
  };

  #costOf(work: Work): number {
    const cost = this.#costMs;
    if ("notice" in work) return work === LISTENER ? cost.accept : cost.close;
    if ("client" in work) return cost.message;
    if ("passedOn" in work) return work.passedOn.cmd === "publish" ? cost.message : 0;
    if ("hello" in work)
      return work === HELLO_FULL ? cost.tlsFull : work === HELLO_RESUMED ? cost.tlsResumed : 0;
    switch (work.cmd) {
      case "connect":
        return cost.connect;
      case "subscribe":
      case "unsubscribe":
        return cost.subscribe;
      case "publish":
        return cost.message;
      default:
        return 0;
    }
  }

  #act(link: BrokerLink | null, work: Work): void {
    if (work === LISTENER) this.#accept();
    else if (work === GONE) this.#lost(link);
    else if (link === null) this.#passOn(work as ServiceAnswer);
    else if ("hello" in work) this.network.down(greeted, link, work);
    else if ("passedOn" in work) this.#say(link, work.passedOn);
    else this.#read(link, work as Packet);
  }

  /** One connection is accepted; the others wait for the listening socket's next turn, or only for this one's end. */
  #accept(): void {
    const link = this.#waiting.take();
    link.isAccepted = true;
    const { unread } = link;
    link.unread = null;
    if (unread !== null) for (const work of unread) this.#enqueue(link, work);
    if (this.#waiting.size === 0) return;
    if (this.#acceptsAll) this.#begin(null, LISTENER, this.#costMs.accept);
    else this.#enqueue(null, LISTENER);
  }

  // ---- what a broker does -----------------------------------------------------------------------------------------

  #read(link: BrokerLink, packet: Packet): void {
    switch (packet.cmd) {
      case "connect":
        if (this.#auth === null) this.allow(link, packet);
        else this.#auth.ask({ kind: "connect", broker: this, link, packet });
        return;
      case "subscribe":
        this.#subscribe(link, packet);
        return;
      case "unsubscribe": {
        const { client } = link;
        const gone = packet.unsubscriptions;
        if (client !== null) {
          client.filters = filtersOf(client).filter((one) => !gone.includes(one));
          this.#router?.unsubscribe(client, gone);
        }
        const granted = gone.map(() => 0);
        this.#say(link, { cmd: "unsuback", messageId: packet.messageId as number, granted });
        return;
      }
      case "publish":
        this.#publish(link, packet);
        return;
      case "pubrel":
        this.#note(link, packet);
        this.#say(link, { cmd: "pubcomp", messageId: packet.messageId as number });
        return;
      case "pubrec":
        this.#note(link, packet);
        this.#say(link, { cmd: "pubrel", messageId: packet.messageId as number });
        return;
      case "puback":
      case "pubcomp":
        this.#note(link, packet);
        return;
      case "pingreq":
        this.#say(link, PINGRESP);
        return;
      case "disconnect":
        if (link.client?.link === link) {
          link.client.link = null;
          link.client.will = null;
        }
        return;
      default:
        return;
    }
  }

  /** What a client says on a connection that another has replaced is of no interest. */
  #note(link: BrokerLink, packet: Packet): void {
    const { client } = link;
    if (client?.link === link) this.#router?.hear(client, packet);
  }

  #say(link: BrokerLink, packet: Packet): void {
    if (link.isHeard) this.network.down(deliver, link, packet);
  }

  refuse(link: BrokerLink): void {
    this.#say(link, UNAVAILABLE);
  }

  /** The client may connect. */
  allow(link: BrokerLink, packet: IConnectPacket): void {
    const { clientId, clean = true, protocolVersion, properties } = packet;
    // A client that has closed politely before its turn has no session to begin.
    if (link.isOver) return;
    const id = clientId === "" ? this.#assignedId() : clientId;
    const known = this.#clientOf(link, id);
    const client = known ?? this.#newClient(link, id);
    const { link: earlier } = client;
    if (earlier !== null && earlier !== link && (earlier.isHeard || earlier.isHalfOpen))
      this.#takeOver(earlier);
    const isExpired = this.network.clock.now() > client.goneAtMs + client.expiryMs;
    const isPresent = known !== undefined && client.expiryMs > 0 && !clean && !isExpired;
    // One that has not been published yet is not where the session goes on: MQTT 5.0 section 3.1.3.2.2.
    if (client.will !== null && isPresent && client.will.delayMs > 0) client.will = null;
    this.#publishWill(client);
    if (!isPresent) this.#forget(client);
    client.link = link;
    client.will = this.#router === null ? null : willOf(packet);
    client.receiveMaximum = properties?.receiveMaximum;
    link.client = client;
    client.expiryMs = expiryOf(protocolVersion === 5 ? 5 : 4, clean, properties?.sessionExpiryInterval);
    client.goneAtMs = Number.POSITIVE_INFINITY;
    if (clientId === "" && protocolVersion === 5)
      this.#say(link, { ...ACCEPTED, properties: { assignedClientIdentifier: id } });
    else this.#say(link, isPresent ? ACCEPTED_WITH_SESSION : ACCEPTED);
    if (!isPresent || this.#router === null) return;
    this.#router.resume(client);
    // It is nobody's turn where the back end has just answered.
    if (this.#auth !== null && !this.#isBusy) this.#serve();
  }

  /** The session is over. */
  #forget(client: Client): void {
    this.#router?.unsubscribe(client, filtersOf(client));
    client.filters = null;
    client.owed = null;
  }

  /** The end of a connection has come to the broker. */
  #lost(link: BrokerLink | null): void {
    const client = link?.client;
    const will = client?.will;
    if (!client || !will || client.link !== link) return;
    const delayMs = Math.min(will.delayMs, client.expiryMs);
    if (delayMs === 0) this.#publishWill(client);
    else this.network.clock.wake(delayMs, () => this.#willIsDue(client, will), null, null);
  }

  /** Nobody has come back in time. */
  #willIsDue(client: Client, will: Will): void {
    if (client.will !== will) return;
    this.#publishWill(client);
    if (!this.#isBusy) this.#serve();
  }

  #publishWill(client: Client): void {
    const { will } = client;
    if (will === null) return;
    client.will = null;
    this.#router?.publish(client, will.packet, this.network.clock.now());
  }

  /** [MQTT-3.1.4-3]: an older connection of the client makes way. */
  #takeOver(earlier: BrokerLink): void {
    this.takeovers++;
    if (earlier.protocolVersion === 5) this.network.down(deliver, earlier, TAKEN_OVER);
    this.network.down(closed, earlier, undefined);
    // It costs the broker what any other end of a connection does.
    this.#enqueue(null, GONE);
  }

  #assignedId(): string {
    this.#assigned++;
    return `assigned-${this.#assigned}`;
  }

  #clientOf(link: BrokerLink, id: string): Client | undefined {
    return this.#hasOwnIds ? this.#byNumber[link.deviceNumber] : this.#byId.get(id);
  }

  #newClient(link: BrokerLink, id: string): Client {
    const client: Client = {
      link: null,
      filters: null,
      expiryMs: 0,
      goneAtMs: Number.POSITIVE_INFINITY,
      receiveMaximum: undefined,
      owed: null,
      will: null,
    };
    if (this.#hasOwnIds) this.#byNumber[link.deviceNumber] = client;
    else this.#byId.set(id, client);
    return client;
  }

  #subscribe(link: BrokerLink, { messageId, subscriptions }: ISubscribePacket): void {
    const { client } = link;
    if (client === null) return;
    const [first] = subscriptions;
    if (client.filters === null && subscriptions.length === 1 && first !== undefined) {
      client.filters = first.topic;
    } else {
      const known = filtersOf(client);
      const topics = subscriptions.map(({ topic }) => topic);
      // Neither `map` nor `concat` leaves a list room to grow.
      client.filters = known.concat(topics.filter((topic) => !known.includes(topic)));
    }
    for (const subscription of subscriptions) this.#router?.subscribe(client, subscription);
    const granted = subscriptions.map(({ qos }) => qos);
    this.#say(link, { cmd: "suback", messageId: messageId as number, granted });
  }

  /** [MQTT-4.3.2-2], [MQTT-4.3.3-2]: what is acknowledged is the broker's from then on. */
  #publish(link: BrokerLink, packet: IPublishPacket): void {
    const { client } = link;
    if (client === null) return;
    if (packet.qos > 0) {
      const messageId = packet.messageId as number;
      this.#say(link, packet.qos === 1 ? { cmd: "puback", messageId } : { cmd: "pubrec", messageId });
      if (packet.qos === 2 && this.#router?.takeOnce(client, messageId) === false) return;
    }
    this.#backEnd?.pass(this, client, packet);
    this.#router?.publish(client, packet, this.network.clock.now());
  }

  #passOn({ client, packet }: ServiceAnswer): void {
    const { link } = client;
    if (link === null || !link.isHeard) return;
    for (const filter of filtersOf(client)) {
      if (!matchesFilter(filter, packet.topic)) continue;
      this.network.down(deliver, link, packet);
      return;
    }
  }
}

function filtersOf({ filters }: Client): readonly string[] {
  return typeof filters === "string" ? [filters] : (filters ?? []);
}

/** Null for none. */
function willOf({ will }: IConnectPacket): Will | null {
  if (will === undefined) return null;
  const { topic, payload, qos = 0, retain = false, properties: { willDelayInterval = 0 } = {} } = will;
  return {
    packet: { cmd: "publish", topic, payload, qos, retain, dup: false },
    delayMs: willDelayInterval * 1000,
  };
}

/** MQTT 5.0 section 3.1.2.11.2; in 3.1.1 a session that is not clean is kept for ever. */
function expiryOf(version: 4 | 5, clean: boolean, intervalS: number | undefined): number {
  if (version === 4) return clean ? 0 : Number.POSITIVE_INFINITY;
  if (intervalS === undefined) return 0;
  return intervalS === 0xff_ff_ff_ff ? Number.POSITIVE_INFINITY : intervalS * 1000;
}

function synArrived(link: BrokerLink): void {
  link.broker.syn(link);
}

function synAnswered(link: BrokerLink): void {
  if (link.isHeard) link.opened();
}

function hearGone(link: BrokerLink): void {
  link.broker.hear(link, GONE);
}

function synAgain(link: BrokerLink): void {
  link.syns++;
  link.broker.syn(link);
}

function greeted(link: BrokerLink, hello: Hello): void {
  if (link.isHeard) link.greeted(hello);
}

function deliver(link: BrokerLink, packet: Packet): void {
  link.deliver(packet);
}

function closed(link: BrokerLink): void {
  link.closed();
}
