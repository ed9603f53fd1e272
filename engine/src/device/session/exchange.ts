import type { IPublishPacket, Packet } from "mqtt-packet";
import { reasonName } from "../../transport/reason-codes.ts";
import type { DeviceEnvironment, DisconnectCause } from "../port.ts";
import type { Standing } from "../standing.ts";
import type { DeviceState } from "../state.ts";
import { type PendingRequest, type RequestCall, type RequestOutcome, Requests } from "./requests.ts";
import { NO_LIMITS, publishProblem, type ServerLimits, subscribeProblem } from "./server-limits.ts";
import { type Inflight, LOST, type OperationDone, type PublishCall, Session } from "./session.ts";
import { TopicAliases } from "./topic-aliases.ts";

/** What an exchange needs of its device. */
export interface DeviceConnection {
  readonly state: DeviceState;
  readonly isOnline: boolean;
  /** Online as far as the device knows; it neither speaks nor hears. */
  readonly isSilent: boolean;
  /** Counts connections and their ends. */
  readonly generation: number;
  /** The storm that disconnected the device, while it is not ready again; 0 for none. */
  readonly storm: number;
  readonly standing: Standing;
  /** 0 where the script has no regions. */
  readonly region: number;
  write(bytes: Buffer): void;
  fail(cause: DisconnectCause): void;
}

/** A remaining length of four bytes holds no more: MQTT 3.1.1 section 2.2.3; room for topic, id and properties. */
const LONGEST_PAYLOAD_BYTES = 268_435_455 - 4 * 65_535;

function isWritable({ payload }: PublishCall): boolean {
  return (
    payload.length * 3 <= LONGEST_PAYLOAD_BYTES ||
    (typeof payload === "string" ? Buffer.byteLength(payload) : payload.length) <= LONGEST_PAYLOAD_BYTES
  );
}

/** By the name of its reason code, as every failure that the server would have answered with. */
const TOO_LARGE = "packet_too_large";

/**
 * What a connected device says and hears: subscriptions, messages of every QoS, configuration requests, and what of it
 * outlives a connection. Every operation is settled exactly once, and its time-out cleared in the same place.
 */
export class Exchange {
  readonly session: Session = new Session();
  /** What the broker said at the last CONNACK. */
  sessionPresent = false;
  /** What the broker allows on this connection. */
  limits: ServerLimits = NO_LIMITS;
  readonly #connection: DeviceConnection;
  readonly #env: DeviceEnvironment;
  #requests: Requests | null = null;
  /** The broker kept a session from before this run: what it holds is not known here. */
  #sessionIsOlder = false;
  /** How many publications of QoS 1 and 2 may still be sent before one is acknowledged. MQTT 5.0 section 4.9. */
  #quota: number = NO_LIMITS.receiveMaximum;
  /** Publications that wait for that, in order; also in the session. Their time-out is not armed. */
  #queued: Inflight[] | null = null;
  #aliases: TopicAliases | null = null;

  constructor(connection: DeviceConnection, environment: DeviceEnvironment) {
    this.#connection = connection;
    this.#env = environment;
  }

  /** [MQTT-3.2.2-2]: the broker says whether it kept the session. */
  resume(present: boolean, limits: ServerLimits): void {
    this.sessionPresent = present;
    this.limits = limits;
    // "Not preserved across Network Connections": MQTT 5.0 section 4.9.
    this.#quota = limits.receiveMaximum;
    this.#sessionIsOlder = present && this.session.filters === null;
    if (!present) {
      this.#settleAsLost(this.session.clear());
      return;
    }
    const entries = [...(this.session.inflight?.values() ?? [])];
    // A released message still takes its share: a server may count it until PUBCOMP.
    for (const { released } of entries) if (released) this.#quota--;
    const { generation } = this.#connection;
    // [MQTT-4.4.0-1]: unacknowledged PUBLISH and PUBREL are sent again, in order, with their packet ids.
    for (const entry of entries) {
      if (entry.packet === null) continue;
      if (entry.released) this.#send(entry, { cmd: "pubrel", messageId: entry.messageId });
      else this.#transmit(entry);
      // Whoever heard of a message that this server does not take may have ended the device.
      if (generation !== this.#connection.generation) return;
    }
  }

  /** The connection is gone: what goes with it is settled as LOST. */
  interrupt(): void {
    const { plan } = this.#env;
    this.#queued = null;
    this.#aliases = null;
    for (const request of this.#requests?.takeAll() ?? []) this.#settleRequest(request, "lost", null);
    for (const entry of this.session.inflight?.values() ?? []) this.#disarm(entry);
    const keepsSession = !plan.clean || plan.sessionExpiryS > 0;
    this.#settleAsLost(keepsSession ? this.session.takeUnresumable() : this.session.clear());
  }

  /** The device is over. */
  end(): void {
    this.#settleAsLost(this.session.clear());
  }

  /** Operations that the connection took with it, or the broker forgot. */
  #settleAsLost(entries: Inflight[]): void {
    for (const entry of entries) {
      this.#disarm(entry);
      entry.done(LOST);
    }
  }

  // ---- operations -------------------------------------------------------------------------------------------------

  /**
   * SUBSCRIBE, unless the broker kept this session and `resubscribe` is `auto`: then a device in its bootstrap trusts
   * what it subscribed to before, and on its first connection whatever the session holds.
   */
  subscribe(filters: readonly string[], qos: 0 | 1 | 2, trusted: boolean, done: OperationDone): void {
    const { plan, events } = this.#env;
    if (filters.length === 0 || (trusted && this.#isSubscribed(filters))) {
      if (filters.length > 0) {
        events.subscribeSkipped(plan.cohort);
        this.session.addFilters(filters);
      }
      done(null);
      return;
    }
    const problem = subscribeProblem(this.limits, filters);
    if (problem !== null) {
      done(problem);
      return;
    }
    const entry = this.#begin("subscribe", done);
    if (entry === null) return;
    entry.filters = [...filters];
    const subscriptions = filters.map((topic) => ({ topic, qos }));
    if (this.#send(entry, { cmd: "subscribe", messageId: entry.messageId, subscriptions }))
      events.subscribeSent(plan.cohort);
  }

  #isSubscribed(filters: readonly string[]): boolean {
    if (!this.sessionPresent || this.#env.plan.resubscribe === "always") return false;
    return this.#sessionIsOlder || filters.every((filter) => this.session.hasFilter(filter));
  }

  unsubscribe(filters: readonly string[], done: OperationDone): void {
    const entry = this.#begin("unsubscribe", done);
    if (entry === null) return;
    entry.filters = [...filters];
    const { messageId } = entry;
    this.#send(entry, { cmd: "unsubscribe", messageId, unsubscriptions: entry.filters });
  }

  publish(call: PublishCall, done: OperationDone): void {
    const { plan, events, codec } = this.#env;
    if (!this.#connection.isOnline) {
      done(LOST);
      return;
    }
    const problem = publishProblem(this.limits, call) ?? (isWritable(call) ? null : TOO_LARGE);
    if (problem !== null) {
      done(problem);
      return;
    }
    const packet: IPublishPacket = { cmd: "publish", dup: false, ...call };
    if (call.qos === 0) {
      const bytes = codec.encode(packet);
      if (bytes.length > this.limits.maximumPacketSize) {
        done(TOO_LARGE);
        return;
      }
      events.publishSent(plan.cohort);
      this.#connection.write(bytes);
      done(null);
      return;
    }
    const entry = this.#begin("publish", done);
    if (entry === null) return;
    packet.messageId = entry.messageId;
    entry.packet = packet;
    this.#transmit(entry);
  }

  /** Sends a publication of QoS 1 or 2, or keeps it until the server has acknowledged others. [MQTT-3.3.4-7] */
  #transmit(entry: Inflight): void {
    if (this.#quota > 0 && this.#queued === null) {
      this.#sendPublish(entry);
    } else {
      this.#queued ??= [];
      this.#queued.push(entry);
    }
  }

  #sendPublish(entry: Inflight): void {
    const { plan, events, time } = this.#env;
    const packet = entry.packet as IPublishPacket;
    // First, so that whoever hears of a message that is not sent finds the quota right.
    this.#quota--;
    if (!this.#send(entry, entry.sent ? { ...packet, dup: true } : packet)) {
      this.#quota++;
      return;
    }
    if (entry.sent) return;
    entry.sent = true;
    entry.sentAtMs = time.now();
    events.publishSent(plan.cohort);
  }

  /** An acknowledgement makes room for the oldest that wait. */
  #sendQueued(): void {
    while (this.#quota > 0 && this.#queued !== null) {
      const entry = this.#queued.shift();
      if (this.#queued.length === 0) this.#queued = null;
      if (entry !== undefined) this.#sendPublish(entry);
    }
  }

  /** Writes what is to be acknowledged in time. What the server would not take is not sent: `done` hears. [MQTT-3.2.2-15] */
  #send(entry: Inflight, packet: Packet): boolean {
    const bytes = this.#env.codec.encode(packet);
    if (bytes.length > this.limits.maximumPacketSize) {
      this.session.take(entry.messageId);
      entry.done(TOO_LARGE);
      return false;
    }
    this.#armAck(entry);
    this.#connection.write(bytes);
    return true;
  }

  /** Subscribes to the response topics where needed, asks, and settles the call exactly once. */
  request(call: RequestCall): void {
    const missing = call.listen.filter((filter) => !this.session.hasFilter(filter));
    if (missing.length === 0) {
      this.#sendRequest(call);
      return;
    }
    this.subscribe(missing, call.qos, this.#connection.state === "bootstrapping", (failure) => {
      if (failure === null) this.#sendRequest(call);
      else call.settled(failure === LOST ? "lost" : "rejected", null);
    });
  }

  #sendRequest(call: RequestCall): void {
    const { plan, events, time } = this.#env;
    if (!this.#connection.isOnline) {
      call.settled("lost", null);
      return;
    }
    const pending: PendingRequest = { call, sentAtMs: time.now(), timer: null };
    pending.timer = time.set(call.timeoutMs, onRequestTimeout, this, pending);
    this.#requests ??= new Requests();
    this.#requests.add(pending);
    tellRequest(this.#connection, this.#env);
    this.#env.regions?.counts.configRequest(this.#connection.region);
    const publish: PublishCall = { topic: call.topic, payload: call.payload, qos: call.qos, retain: false };
    if (call.correlation === "properties") {
      publish.properties = {
        responseTopic: call.responseTopic,
        correlationData: Buffer.from(call.requestId),
      };
    }
    // The answer is waited for all the same, as firmware does.
    this.publish(publish, (failure) => {
      if (failure !== null && failure !== LOST) events.error(plan.cohort, failure);
    });
  }

  requestTimedOut(pending: PendingRequest): void {
    this.#requests?.abandon(pending);
    this.#env.events.configTimeout(this.#env.plan.cohort, this.#connection.storm);
    this.#settleRequest(pending, "timeout", null);
  }

  #settleRequest(request: PendingRequest, outcome: RequestOutcome, payload: string | null) {
    if (request.timer !== null) this.#env.time.clear(request.timer);
    request.timer = null;
    request.call.settled(outcome, payload);
  }

  /** A new packet in flight; null (and `done` told) when there cannot be one. */
  #begin(kind: Inflight["kind"], done: OperationDone): Inflight | null {
    if (!this.#connection.isOnline) {
      done(LOST);
      return null;
    }
    const messageId = this.session.allocateId();
    if (messageId === 0) {
      done("no_packet_id");
      return null;
    }
    const entry: Inflight = {
      kind,
      messageId,
      sentAtMs: this.#env.time.now(),
      timer: null,
      packet: null,
      released: false,
      sent: false,
      filters: null,
      done,
    };
    this.session.add(entry);
    return entry;
  }

  #armAck(entry: Inflight): void {
    this.#disarm(entry);
    entry.timer = this.#env.time.set(this.#env.plan.ackTimeoutMs, onAckTimeout, this, entry);
  }

  #disarm(entry: Inflight): void {
    if (entry.timer !== null) this.#env.time.clear(entry.timer);
    entry.timer = null;
  }

  /** The broker did not acknowledge in time: the connection is given up. */
  ackTimedOut(entry: Inflight): void {
    entry.timer = null;
    this.#connection.fail(this.#connection.state === "bootstrapping" ? "bootstrap_timeout" : "ack_timeout");
  }

  #acknowledge(kind: Inflight["kind"], messageId: number | undefined): Inflight | null {
    const entry = this.session.inflight?.get(messageId ?? 0);
    // Without a time-out it was not sent on this connection.
    if (entry === undefined || entry.kind !== kind || entry.timer === null) return null;
    this.session.take(entry.messageId);
    this.#disarm(entry);
    return entry;
  }

  // ---- packets ----------------------------------------------------------------------------------------------------

  /** A packet from the broker that belongs to an operation. */
  receive(packet: Packet): void {
    const { plan, events, time, codec } = this.#env;
    switch (packet.cmd) {
      case "publish":
        this.#onPublish(packet);
        return;
      case "suback": {
        const entry = this.#acknowledge("subscribe", packet.messageId);
        if (entry === null) return;
        // [MQTT-3.9.3-1], MQTT 5.0 table 3-8: 0x80 and above are failures.
        const refused = refusal(packet.granted);
        if (refused !== null) {
          entry.done(`suback.${refused}`);
          return;
        }
        this.session.addFilters(entry.filters ?? []);
        events.subscribed(plan.cohort, time.now() - entry.sentAtMs);
        entry.done(null);
        return;
      }
      case "unsuback": {
        const entry = this.#acknowledge("unsubscribe", packet.messageId);
        if (entry === null) return;
        // MQTT 5.0 section 3.11.3: a code for each filter; MQTT 3.1.1 has none.
        const codes = packet.granted ?? [];
        this.session.removeFilters((entry.filters ?? []).filter((_, i) => (codes[i] ?? 0) < 128));
        const refused = refusal(codes);
        entry.done(refused === null ? null : `unsuback.${refused}`);
        return;
      }
      case "puback":
      case "pubcomp": {
        // PUBACK ends QoS 1, PUBCOMP QoS 2. [MQTT-4.3.2-1], [MQTT-4.3.3-1]
        const waiting = this.session.inflight?.get(packet.messageId ?? 0);
        if (waiting?.packet?.qos !== (packet.cmd === "puback" ? 1 : 2)) return;
        const entry = this.#acknowledge("publish", packet.messageId);
        // What PUBREC took has arrived. A PUBREL that is sent again may find the server done with it, which "is not an
        // error during recovery": MQTT 5.0 section 3.7.2.1.
        if (entry !== null) this.#published(entry, entry.released ? 0 : (packet.reasonCode ?? 0));
        return;
      }
      case "pubrec": {
        const reason = packet.reasonCode ?? 0;
        if (reason >= 128) {
          const refused = this.#acknowledge("publish", packet.messageId);
          if (refused !== null) this.#published(refused, reason);
          return;
        }
        const entry = this.session.inflight?.get(packet.messageId ?? 0);
        // [MQTT-4.3.3-1]: PUBREL answers PUBREC; one that is not known is answered too, so that the broker can forget it.
        if (entry !== undefined && entry.timer !== null) entry.released = true;
        this.#connection.write(codec.encode({ cmd: "pubrel", messageId: packet.messageId ?? 0 }));
        return;
      }
      case "pubrel":
        this.session.release(packet.messageId ?? 0);
        this.#connection.write(codec.encode({ cmd: "pubcomp", messageId: packet.messageId ?? 0 }));
        return;
      default:
        return;
    }
  }

  #published(entry: Inflight, reason: number): void {
    const { plan, events, time } = this.#env;
    this.#quota++;
    this.#sendQueued();
    if (reason >= 128) {
      entry.done(`puback.${reasonName(reason)}`);
      return;
    }
    events.publishAcknowledged(plan.cohort, time.now() - entry.sentAtMs);
    entry.done(null);
  }

  /** Null where there is none: no topic name is empty [MQTT-4.7.3-1], and an alias must stand for one. */
  #topicOf({ topic, properties }: IPublishPacket): string | null {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic === "" ? null : topic;
    this.#aliases ??= new TopicAliases(this.#env.plan.topicAliasMaximum);
    return this.#aliases.resolve(topic, alias);
  }

  #onPublish(packet: IPublishPacket): void {
    const { plan, events, time, codec } = this.#env;
    const generation = this.#connection.generation;
    const topic = this.#topicOf(packet);
    if (topic === null) {
      this.#connection.fail("malformed_packet");
      return;
    }
    if (packet.qos === 1) {
      this.#connection.write(codec.encode({ cmd: "puback", messageId: packet.messageId ?? 0 }));
    } else if (packet.qos === 2) {
      this.#connection.write(codec.encode({ cmd: "pubrec", messageId: packet.messageId ?? 0 }));
      if (!this.session.receive(packet.messageId ?? 0)) return;
    }
    if (generation !== this.#connection.generation) return;
    events.publishReceived(plan.cohort);
    const answer = this.#requests?.receive(
      { topic, correlationData: packet.properties?.correlationData, payload: packet.payload },
      time.now(),
    );
    if (answer === undefined || answer.kind === "message") return;
    if (answer.kind === "late" || answer.kind === "earlier") {
      events.lateResponse(plan.cohort, this.#connection.storm);
    }
    if (answer.kind === "late") return;
    const { request } = answer;
    if (answer.kind === "earlier") {
      this.#settleRequest(request, "answer", packet.payload.toString());
      return;
    }
    if (answer.kind === "rejected") {
      events.configRejected(plan.cohort);
      this.#settleRequest(request, "rejected", null);
      return;
    }
    events.configResponse(plan.cohort, this.#connection.storm, time.now() - request.sentAtMs);
    this.#env.regions?.counts.configResponse(this.#connection.region);
    this.#env.regions?.loads.count(this.#connection.region, "answered");
    this.#settleRequest(request, "answer", packet.payload.toString());
  }
}

/** A device asks for its configuration, whomever. */
export function tellRequest(
  connection: DeviceConnection,
  { plan, events, regions }: DeviceEnvironment,
): void {
  const { storm, state, standing } = connection;
  events.configRequest(plan.cohort, storm);
  // What a silent device asks goes nowhere.
  if (state === "ready" || standing.storm === 0) return;
  events.stormRequest(plan.cohort, standing.storm);
  regions?.loads.count(connection.region, "stormRequests");
}

function onAckTimeout(exchange: Exchange, entry: Inflight): void {
  exchange.ackTimedOut(entry);
}

function onRequestTimeout(exchange: Exchange, pending: PendingRequest): void {
  pending.timer = null;
  exchange.requestTimedOut(pending);
}

function refusal(granted: readonly unknown[]): string | null {
  for (const code of granted) {
    if (typeof code === "number" && code >= 128) return reasonName(code);
  }
  return null;
}
