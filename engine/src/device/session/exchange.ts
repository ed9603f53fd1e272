import type { IPublishPacket, Packet } from "mqtt-packet";
import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import { Backlog } from "../messages/backlog.ts";
import type { Flood } from "../messages/floods.ts";
import type { Messages } from "../messages/messages.ts";
import { LOST, NOBODY, type Waiter } from "../turns.ts";
import { type ConfigRequest, onAnswer, request } from "./config-requests.ts";
import { disarm } from "./inflight.ts";
import { Message } from "./message.ts";
import { type MessageWaitCall, MessageWaits } from "./message-waits.ts";
import { handlersFor, MessageWork } from "./message-work.ts";
import { type OutsideCall, OutsideCalls } from "./outside-calls.ts";
import { onPuback, onPubrec, publish, resend } from "./publications.ts";
import type { RequestCall, Requests } from "./requests.ts";
import { NO_LIMITS, type ServerLimits } from "./server-limits.ts";
import { type Inflight, type PublishCall, Session } from "./session.ts";
import { SlowAcks } from "./slow-acks.ts";
import { onSuback, onUnsuback, type SubscribeOptions, subscribe, unsubscribe } from "./subscriptions.ts";
import { TopicAliases } from "./topic-aliases.ts";

/**
 * What a connected device says and hears: subscriptions, messages of every QoS, configuration requests, and what of it
 * outlives a connection. Every operation is settled exactly once, and its time-out cleared in the same place. What is said
 * and heard of each kind stands in a file of its own beside this one.
 */
export class Exchange implements Waiter {
  readonly device: Device;
  readonly session: Session = new Session();
  /** What the broker said at the last CONNACK. */
  sessionPresent = false;
  /** What the broker allows on this connection. */
  limits: ServerLimits = NO_LIMITS;
  requests: Requests<ConfigRequest> | null = null;
  /** The broker kept a session from before this run: what it holds is not known here. */
  sessionIsOlder = false;
  /** The session, kept or not, was begun by this device: what it holds is known. */
  #beganSession = false;
  /** How many publications of QoS 1 and 2 may still be sent before one is acknowledged. MQTT 5.0 section 4.9. */
  quota: number = NO_LIMITS.receiveMaximum;
  /** Publications that wait for that, in order; also in the session. Their time-out is not armed. */
  queued: Inflight[] | null = null;
  /** The storm that had disconnected the device before this connection, while that one's window is open; 0 for none. */
  cameBackFrom = 0;
  /** Changes where the script has the device not hear for a while: what it misses then is not lost. */
  epoch = 0;
  /** What waits for the device on this connection; null where nothing has come of it. */
  flood: Flood | null = null;
  /** Null before the first loss of tracked publications. */
  backlog: Backlog | null = null;
  #aliases: TopicAliases | null = null;
  /** Made when it is first needed. */
  #outside: OutsideCalls | null = null;
  #work: MessageWork | null = null;
  #waits: MessageWaits | null = null;
  /** Made where some acknowledgements are put off. */
  #slowAcks: SlowAcks | null = null;

  constructor(device: Device) {
    this.device = device;
  }

  // ---- inputs: operations ------------------------------------------------------------------------------------------

  /** SUBSCRIBE, unless the device is `trusted` to know that the broker kept it; see subscriptions.ts. */
  subscribe(
    filters: readonly string[],
    qos: 0 | 1 | 2,
    trusted: boolean,
    waiter: Waiter,
    options?: SubscribeOptions,
  ): void {
    const { turns } = this.device.env.port;
    turns.begin();
    try {
      subscribe(this, filters, qos, trusted, waiter, options);
    } finally {
      turns.end();
    }
  }

  unsubscribe(filters: readonly string[], waiter: Waiter): void {
    const { turns } = this.device.env.port;
    turns.begin();
    try {
      unsubscribe(this, filters, waiter);
    } finally {
      turns.end();
    }
  }

  publish(call: PublishCall, waiter: Waiter): void {
    const { turns } = this.device.env.port;
    turns.begin();
    try {
      publish(this, call, waiter);
    } finally {
      turns.end();
    }
  }

  /** The same within a turn. */
  publishNow(call: PublishCall, waiter: Waiter): void {
    publish(this, call, waiter);
  }

  /** Asks the broker, or who stands behind it. */
  request(call: RequestCall): void {
    const { turns } = this.device.env.port;
    turns.begin();
    try {
      request(this, call);
    } finally {
      turns.end();
    }
  }

  /** Asks a server other than the broker; the call ends with the connection. */
  ask(call: OutsideCall): void {
    const { turns } = this.device.env.port;
    this.#outside ??= new OutsideCalls(this.device);
    turns.begin();
    try {
      this.#outside.ask(call, this.device.line.link);
    } finally {
      turns.end();
    }
  }

  /** Messages of these filters are acknowledged so late, from now on. */
  slowDown(filters: readonly string[], delayMs: number): void {
    this.#slowAcks ??= new SlowAcks(this.device);
    this.#slowAcks.slowDown(filters, delayMs);
  }

  /** Waits for a message that comes from now on; the wait ends with the connection. */
  waitForMessage(call: MessageWaitCall): void {
    const { turns } = this.device.env.port;
    this.#waits ??= new MessageWaits(this.device);
    turns.begin();
    try {
      this.#waits.add(call);
    } finally {
      turns.end();
    }
  }

  // ---- within a turn of the device ---------------------------------------------------------------------------------

  /** [MQTT-3.2.2-2]: the broker says whether it kept the session. */
  resume(present: boolean, limits: ServerLimits): void {
    this.sessionPresent = present;
    this.limits = limits;
    // "Not preserved across Network Connections": MQTT 5.0 section 4.9.
    this.quota = limits.receiveMaximum;
    if (this.device.env.messages !== null) this.#takeStock(this.device.env.messages, present);
    if (!present) this.#beganSession = true;
    this.sessionIsOlder = present && !this.#beganSession && this.session.filters === null;
    if (present) resend(this);
    else this.#settleAsLost(this.session.clear());
  }

  #takeStock({ openStorm }: Messages, isSessionKept: boolean): void {
    const { part, onlineSinceMs } = this.device;
    this.cameBackFrom = part.storm === openStorm ? openStorm : 0;
    this.backlog?.resume(this.cameBackFrom, isSessionKept, onlineSinceMs);
  }

  #leaveStock(messages: Messages): void {
    if (this.flood !== null) messages.endFlood(this.flood);
    this.flood = null;
    if (!this.device.wantsToBeOnline) {
      this.epoch++;
    } else if (this.session.inflight !== null) {
      this.backlog ??= new Backlog(this.device);
      this.backlog.lost(this.session.inflight.values());
    }
  }

  /** The connection is gone: what goes with it is settled as LOST. */
  interrupt(): void {
    const { plan, messages } = this.device.env;
    if (messages !== null) this.#leaveStock(messages);
    this.queued = null;
    this.#aliases = null;
    for (const request of this.requests?.takeAll() ?? []) request.end("lost", null);
    for (const entry of this.session.inflight?.values() ?? []) {
      disarm(this, entry);
      // The next connection has a program of its own.
      if (entry.kind === "publish" && entry.waiter === this.device.bootstrap) entry.waiter = NOBODY;
    }
    const keepsSession = !plan.clean || plan.sessionExpiryS > 0;
    this.#settleAsLost(keepsSession ? this.session.takeUnresumable() : this.session.clear());
    this.#outside?.interrupt();
    this.#waits?.interrupt();
    this.#slowAcks?.interrupt();
    this.#work?.interrupt();
  }

  /** The device is over. */
  end(): void {
    const { messages } = this.device.env;
    if (messages !== null)
      this.backlog?.end(this.device.part.affectedBy === messages.openStorm ? messages.openStorm : 0);
    this.#settleAsLost(this.session.clear());
  }

  /** Operations that the connection took with it, or the broker forgot. */
  #settleAsLost(entries: readonly Inflight[]): void {
    for (const entry of entries) {
      disarm(this, entry);
      this.settle(entry.waiter, LOST);
    }
  }

  settle(waiter: Waiter, failure: string | null): void {
    this.device.env.port.turns.settle(waiter, failure);
  }

  /** Waits for publications of requests: the answer is waited for all the same, as firmware does. */
  settled(failure: string | null): void {
    if (failure !== null && failure !== LOST) this.device.tell(EVENTS.error, 0, 0, failure);
  }

  /** A packet from the broker that belongs to an operation. */
  receive(packet: Packet): void {
    switch (packet.cmd) {
      case "publish":
        this.#onPublish(packet);
        return;
      case "suback":
        onSuback(this, packet);
        return;
      case "unsuback":
        onUnsuback(this, packet);
        return;
      case "puback":
      case "pubcomp":
        onPuback(this, packet);
        return;
      case "pubrec":
        onPubrec(this, packet);
        return;
      case "pubrel":
        this.session.release(packet.messageId ?? 0);
        this.device.line.send({ cmd: "pubcomp", messageId: packet.messageId ?? 0 });
        return;
      default:
        return;
    }
  }

  #onPublish(packet: IPublishPacket): void {
    const { device } = this;
    const topic = this.#topicOf(packet);
    if (topic === null) {
      device.breakOff("malformed_packet");
      return;
    }
    if (packet.qos === 1) {
      this.#acknowledge(topic, { cmd: "puback", messageId: packet.messageId ?? 0 });
    } else if (packet.qos === 2) {
      this.#acknowledge(topic, { cmd: "pubrec", messageId: packet.messageId ?? 0 });
      if (!this.session.receive(packet.messageId ?? 0)) return;
    }
    const { messages } = device.env;
    if (messages !== null) messages.hear(device, topic, packet);
    if (!onAnswer(this, topic, packet)) this.#onMessage(topic, packet);
  }

  #acknowledge(topic: string, packet: Packet): void {
    const { device } = this;
    if (device.env.reactions.ackDelayMs > 0) this.#slowAcks ??= new SlowAcks(device);
    if (this.#slowAcks === null) device.line.send(packet);
    else this.#slowAcks.acknowledge(topic, packet);
  }

  /** A message that is no answer: somebody may wait for it, or it is acted upon. */
  #onMessage(topic: string, packet: IPublishPacket): void {
    const { device } = this;
    const isWaitedFor = this.#waits?.isWaitedFor(topic) ?? false;
    const handlers = handlersFor(device, topic);
    if (!isWaitedFor && handlers.length === 0) return;
    const message = new Message(topic, packet);
    if (isWaitedFor) this.#waits?.received(message);
    if (handlers.length === 0) return;
    this.#work ??= new MessageWork(device);
    for (const handler of handlers) this.#work.offer(handler, message);
  }

  /** Null where there is none: no topic name is empty [MQTT-4.7.3-1], and an alias must stand for one. */
  #topicOf({ topic, properties }: IPublishPacket): string | null {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic === "" ? null : topic;
    this.#aliases ??= new TopicAliases(this.device.env.plan.topicAliasMaximum);
    return this.#aliases.resolve(topic, alias);
  }
}
