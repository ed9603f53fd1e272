import type { IConnackPacket, IPublishPacket, Packet } from "mqtt-packet";
import { splitPackets } from "../transport/framing.ts";
import { connackReason, reasonName } from "../transport/reason-codes.ts";
import type { Transport, TransportFailure, TransportListener } from "../transport/transport.ts";
import type { DeviceCredentials, DeviceEnvironment, DisconnectCause } from "./environment.ts";
import { keepaliveAction } from "./keepalive.ts";
import { type PendingRequest, type RequestCall, Requests } from "./requests.ts";
import { type Inflight, LOST, type OperationDone, type PublishCall, Session } from "./session.ts";
import { type DeviceEvent, type DeviceState, isOnline, next } from "./state.ts";

/** How the engine itself ends a connection. */
export type DropCause = "reset" | "close" | "disconnect";

/**
 * One simulated MQTT client: keeps itself connected with its back-off policy, runs its bootstrap after every CONNACK,
 * and reports what happens. It owns no socket class, clock or random source: those come with the environment.
 */
export class Device implements TransportListener {
  readonly number: number;
  /** Of the next CONNECT. */
  credentials: DeviceCredentials;
  /** Whoever made the device; it means nothing to the device itself. */
  readonly owner: object;
  readonly #env: DeviceEnvironment;
  #state: DeviceState = "offline";
  #transport: Transport | null = null;
  #partial: Buffer | null = null;
  readonly session: Session = new Session();
  #requests: Requests | null = null;
  #timer: object | null = null;

  /** Counts connections and their ends: what was begun in an earlier one is not continued in a later one. */
  #generation = 0;
  #attempt = 0;
  #previousDelayMs: number;
  #draws = 0;
  #requestCount = 0;
  #sessionPresent = false;
  /** The broker kept a session from before this run: what it holds is not known here. */
  #sessionIsOlder = false;
  #wasOnline = false;

  #attemptStartedMs = 0;
  #connectSentMs = 0;
  #onlineSinceMs = 0;
  /** When the connection was lost; NaN while ready or never connected. */
  #lostAtMs = Number.NaN;
  #reconnectRecorded = true;
  #lastSentMs = 0;
  #pingSentMs = 0;

  /** The last storm that disconnected this device, from 1; 0 for none. */
  storm = 0;
  /** From that storm's drop until the device is ready again for the first time. */
  #recovering = false;
  /** Called when ready, with null, or when over, with the reason. */
  #readyWaiters: OperationDone[] | null = null;

  constructor(number: number, credentials: DeviceCredentials, environment: DeviceEnvironment, owner: object) {
    this.number = number;
    this.owner = owner;
    this.credentials = credentials;
    this.#env = environment;
    this.#previousDelayMs = environment.plan.backoffBaseMs;
  }

  get state(): DeviceState {
    return this.#state;
  }

  get isOnline(): boolean {
    return isOnline(this.#state);
  }

  get wasOnline(): boolean {
    return this.#wasOnline;
  }

  get sessionPresent(): boolean {
    return this.#sessionPresent;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Runs `callback` after a pause, unless the connection has ended by then. */
  after(delayMs: number, callback: () => void): void {
    this.#env.time.set(delayMs, onPauseOver, this, { generation: this.#generation, callback });
  }

  /** A number unique within this device, for correlation. */
  nextRequestId(): string {
    this.#requestCount++;
    return String(this.#requestCount);
  }

  /** The device's next uniform number in [0, 1). */
  random(): number {
    return this.#env.random(this.number, this.#draws++);
  }

  // ---- connecting -------------------------------------------------------------------------------------------------

  /** Starts to connect, and from then on keeps itself connected. */
  connect(): void {
    if (!this.#enter("connect")) return;
    const { plan, events, time, open } = this.#env;
    this.#generation++;
    this.#attemptStartedMs = time.now();
    events.connectAttempt(plan.cohort, this.storm);
    this.#setTimer(plan.connectTimeoutMs, onConnectTimeout);
    this.#transport = open(this);
  }

  onOpen(): void {
    if (!this.#enter("opened")) return;
    const { plan, events, time, codec } = this.#env;
    const now = time.now();
    events.tcpOpened(plan.cohort, now - this.#attemptStartedMs);
    this.#connectSentMs = now;
    const { clientId, username, password } = this.credentials;
    const packet: Packet = {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: plan.protocolVersion,
      clean: plan.clean,
      clientId,
      keepalive: Math.round(plan.keepaliveMs / 1000),
    };
    if (username !== null) packet.username = username;
    if (password !== null) packet.password = Buffer.from(password);
    if (plan.protocolVersion === 5 && plan.sessionExpiryS > 0) {
      packet.properties = { sessionExpiryInterval: plan.sessionExpiryS };
    }
    this.#write(codec.encode(packet));
  }

  #onConnack(packet: IConnackPacket): void {
    const { plan, events, time } = this.#env;
    const code = packet.reasonCode ?? packet.returnCode;
    // mqtt-packet passes a CONNACK that ends before its return code.
    if (this.#state !== "awaiting-connack" || code === undefined) {
      this.#fail("malformed_packet");
      return;
    }
    if (code !== 0) {
      this.#failAttempt(`connack.${connackReason(code)}`);
      return;
    }
    this.#enter("accepted");
    this.#clearTimer();
    const now = time.now();
    this.#onlineSinceMs = now;
    this.#pingSentMs = 0;
    events.connectAccepted(
      plan.cohort,
      this.storm,
      now - this.#attemptStartedMs,
      now - this.#connectSentMs,
      !this.#wasOnline,
    );
    if (!this.#reconnectRecorded) {
      this.#reconnectRecorded = true;
      events.reconnected(plan.cohort, this.#recovering ? this.storm : 0, now - this.#lostAtMs);
    }
    if (plan.resetAfter === "connack") this.#resetBackoff();
    this.#wasOnline = true;
    const generation = this.#generation;
    this.#resumeSession(packet.sessionPresent);
    // Whoever heard of a lost operation may have ended or disconnected the device.
    if (generation !== this.#generation) return;
    this.#env.bootstrap(this, (failure) => {
      if (generation === this.#generation) this.#bootstrapped(failure);
    });
  }

  #bootstrapped(failure: string | null): void {
    const { plan, events, time } = this.#env;
    if (failure !== null) {
      events.error(plan.cohort, failure);
      this.fail("bootstrap_refused");
      return;
    }
    if (!this.#enter("bootstrapped")) return;
    if (plan.resetAfter === "ready") this.#resetBackoff();
    const lost = this.#lostAtMs;
    this.#lostAtMs = Number.NaN;
    const storm = this.#recovering ? this.storm : 0;
    this.#recovering = false;
    events.becameReady(plan.cohort, storm, Number.isNaN(lost) ? null : time.now() - lost);
    this.#tellReady(null);
  }

  /** [MQTT-3.2.2-2]: the broker says whether it kept the session. */
  #resumeSession(present: boolean): void {
    this.#sessionPresent = present;
    this.#sessionIsOlder = present && this.session.filters === null;
    if (!present) {
      settleAll(this.#env, this.session.clear());
      return;
    }
    // [MQTT-4.4.0-1]: unacknowledged PUBLISH and PUBREL are sent again, in order, with their packet ids.
    for (const entry of this.session.inflight?.values() ?? []) {
      if (entry.packet === null) continue;
      const packet: Packet = entry.released
        ? { cmd: "pubrel", messageId: entry.messageId }
        : { ...entry.packet, dup: true };
      this.#write(this.#env.codec.encode(packet));
      this.#armAck(entry);
    }
  }

  // ---- losing the connection --------------------------------------------------------------------------------------

  onClosed(failure: TransportFailure | null): void {
    this.#transport = null;
    if (isOnline(this.#state)) this.#lose("closed");
    else this.#failAttempt(failureOfAttempt(this.#state, failure));
  }

  /** Gives the connection up: RST, back-off, another try. `cause` is also counted as an error. */
  fail(cause: DisconnectCause): void {
    if (!isOnline(this.#state)) return;
    this.#transport?.reset();
    this.#lose(cause);
  }

  /** `fail` for a stream that cannot be read, in whatever state. */
  #fail(cause: "malformed_packet"): void {
    if (isOnline(this.#state)) this.fail(cause);
    else this.#failAttempt(cause);
  }

  /**
   * A storm ends the connection. Returns the monotonic instant of the loss, or NaN if the device was not online.
   * The next attempt is only scheduled: nothing of it happens within the storm's pass.
   */
  drop(cause: DropCause, storm: number): number {
    if (!isOnline(this.#state)) return Number.NaN;
    this.storm = storm;
    this.#recovering = true;
    // Of this storm's outage, not of an earlier one that it interrupts.
    this.#lostAtMs = Number.NaN;
    this.#closeTransport(cause);
    this.#lose(cause);
    return this.#lostAtMs;
  }

  #lose(cause: DisconnectCause): void {
    const { plan, events, time } = this.#env;
    const now = time.now();
    if (Number.isNaN(this.#lostAtMs)) {
      this.#lostAtMs = now;
      this.#reconnectRecorded = false;
    }
    const isStormDrop = cause === "reset" || cause === "close" || cause === "disconnect";
    if (!isStormDrop) events.error(plan.cohort, cause);
    const { resetAfter } = plan;
    if (typeof resetAfter === "object" && now - this.#onlineSinceMs >= resetAfter.connectedMs)
      this.#resetBackoff();
    this.#leaveOnline(cause, "failed");
    // Whoever heard of a lost operation may have ended or disconnected the device.
    if (this.#state === "backoff") this.#scheduleReconnect();
  }

  /** The attempt ended before its CONNACK was accepted. */
  #failAttempt(reason: string): void {
    if (!this.#enter("failed")) return;
    const { plan, events } = this.#env;
    this.#clearTimer();
    this.#transport?.reset();
    this.#transport = null;
    this.#partial = null;
    this.#generation++;
    events.connectRefused(plan.cohort, reason);
    this.#scheduleReconnect();
  }

  /** Everything that belongs to the connection goes with it. */
  #leaveOnline(cause: DisconnectCause, event: "failed" | "disconnect" | "end"): void {
    const { plan, events } = this.#env;
    const wasReady = this.#state === "ready";
    this.#enter(event);
    this.#generation++;
    this.#clearTimer();
    this.#transport = null;
    this.#partial = null;
    this.#pingSentMs = 0;
    events.disconnected(plan.cohort, cause, wasReady);
    for (const request of this.#requests?.takeAll() ?? []) this.#settleRequest(request, "lost", null);
    for (const entry of this.session.inflight?.values() ?? []) this.#disarm(entry);
    const keepsSession = !plan.clean || plan.sessionExpiryS > 0;
    settleAll(this.#env, keepsSession ? this.session.takeUnresumable() : this.session.clear());
  }

  #scheduleReconnect(): void {
    const delayMs = this.#env.plan.backoff(this.#attempt, this.#previousDelayMs, this.random());
    this.#attempt++;
    this.#previousDelayMs = delayMs;
    this.#setTimer(delayMs, onBackoffOver);
  }

  #resetBackoff(): void {
    this.#attempt = 0;
    this.#previousDelayMs = this.#env.plan.backoffBaseMs;
  }

  /** MQTT DISCONNECT and no further attempt, until the flow connects again. */
  disconnect(): void {
    // An outage ends where the device wants to be away.
    this.#recovering = false;
    this.#lostAtMs = Number.NaN;
    this.#reconnectRecorded = true;
    if (isOnline(this.#state)) {
      this.#closeTransport("disconnect");
      this.#leaveOnline("finished", "disconnect");
    } else {
      this.#abandon("disconnect");
    }
  }

  /** The virtual user is over: leaves politely and hears nothing more. Waiting steps are told `reason`. */
  end(reason: string): void {
    if (this.#state === "ended") return;
    if (isOnline(this.#state)) {
      this.#closeTransport("disconnect");
      this.#leaveOnline("finished", "end");
    } else {
      this.#abandon("end");
    }
    settleAll(this.#env, this.session.clear());
    this.#tellReady(reason);
  }

  /** Tells whoever waits for this device to be ready that it will not be: the run is over. */
  giveUp(): void {
    this.#tellReady("gave_up");
  }

  #abandon(event: DeviceEvent): void {
    this.#enter(event);
    this.#generation++;
    this.#clearTimer();
    this.#transport?.reset();
    this.#transport = null;
    this.#partial = null;
  }

  #closeTransport(cause: DropCause): void {
    const transport = this.#transport;
    if (transport === null) return;
    if (cause === "reset") {
      transport.reset();
      return;
    }
    if (cause === "disconnect") this.#write(this.#env.codec.disconnect);
    transport.close();
  }

  // ---- operations -------------------------------------------------------------------------------------------------

  /** Calls back when the device is ready (null) or over (a reason). */
  whenReady(done: OperationDone): void {
    if (this.#state === "ready") {
      done(null);
    } else if (this.#state === "ended") {
      done("ended");
    } else {
      this.#readyWaiters ??= [];
      this.#readyWaiters.push(done);
    }
  }

  #tellReady(reason: string | null): void {
    const waiters = this.#readyWaiters;
    this.#readyWaiters = null;
    for (const waiter of waiters ?? []) waiter(reason);
  }

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
    const entry = this.#begin("subscribe", done);
    if (entry === null) return;
    entry.filters = [...filters];
    events.subscribeSent(plan.cohort);
    const subscriptions = filters.map((topic) => ({ topic, qos }));
    this.#write(this.#env.codec.encode({ cmd: "subscribe", messageId: entry.messageId, subscriptions }));
  }

  #isSubscribed(filters: readonly string[]): boolean {
    if (!this.#sessionPresent || this.#env.plan.resubscribe === "always") return false;
    return this.#sessionIsOlder || filters.every((filter) => this.session.hasFilter(filter));
  }

  unsubscribe(filters: readonly string[], done: OperationDone): void {
    const entry = this.#begin("unsubscribe", done);
    if (entry === null) return;
    entry.filters = [...filters];
    this.#write(
      this.#env.codec.encode({
        cmd: "unsubscribe",
        messageId: entry.messageId,
        unsubscriptions: entry.filters,
      }),
    );
  }

  publish(call: PublishCall, done: OperationDone): void {
    const { plan, events, codec } = this.#env;
    if (!isOnline(this.#state)) {
      done(LOST);
      return;
    }
    const packet: IPublishPacket = { cmd: "publish", dup: false, ...call };
    if (call.qos === 0) {
      events.publishSent(plan.cohort);
      this.#write(codec.encode(packet));
      done(null);
      return;
    }
    const entry = this.#begin("publish", done);
    if (entry === null) return;
    packet.messageId = entry.messageId;
    entry.packet = packet;
    events.publishSent(plan.cohort);
    this.#write(codec.encode(packet));
  }

  /** Subscribes to the response topics where needed, asks, and settles the call exactly once. */
  request(call: RequestCall): void {
    const missing = call.listen.filter((filter) => !this.session.hasFilter(filter));
    if (missing.length === 0) {
      this.#sendRequest(call);
      return;
    }
    this.subscribe(missing, call.qos, this.#state === "bootstrapping", (failure) => {
      if (failure === null) this.#sendRequest(call);
      else call.settled(failure === LOST ? "lost" : "rejected", null);
    });
  }

  #sendRequest(call: RequestCall): void {
    const { plan, events, time } = this.#env;
    if (!isOnline(this.#state)) {
      call.settled("lost", null);
      return;
    }
    const pending: PendingRequest = { call, sentAtMs: time.now(), timer: null };
    pending.timer = time.set(call.timeoutMs, onRequestTimeout, this, pending);
    this.#requests ??= new Requests();
    this.#requests.add(pending);
    events.configRequest(plan.cohort, this.storm);
    const publish: PublishCall = { topic: call.topic, payload: call.payload, qos: call.qos, retain: false };
    if (call.correlation === "properties") {
      publish.properties = {
        responseTopic: call.responseTopic,
        correlationData: Buffer.from(call.requestId),
      };
    }
    this.publish(publish, ignore);
  }

  requestTimedOut(pending: PendingRequest): void {
    this.#requests?.remove(pending);
    this.#env.events.configTimeout(this.#env.plan.cohort, this.storm);
    this.#settleRequest(pending, "timeout", null);
  }

  #settleRequest(
    request: PendingRequest,
    outcome: "answer" | "rejected" | "timeout" | "lost",
    payload: string | null,
  ) {
    if (request.timer !== null) this.#env.time.clear(request.timer);
    request.timer = null;
    request.call.settled(outcome, payload);
  }

  /** A new packet in flight with its time-out; null (and `done` told) when there cannot be one. */
  #begin(kind: Inflight["kind"], done: OperationDone): Inflight | null {
    if (!isOnline(this.#state)) {
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
      filters: null,
      done,
    };
    this.session.add(entry);
    this.#armAck(entry);
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
    this.fail(this.#state === "bootstrapping" ? "bootstrap_timeout" : "ack_timeout");
  }

  #acknowledge(kind: Inflight["kind"], messageId: number | undefined): Inflight | null {
    const entry = this.session.inflight?.get(messageId ?? 0);
    if (entry === undefined || entry.kind !== kind) return null;
    this.session.take(entry.messageId);
    this.#disarm(entry);
    return entry;
  }

  // ---- bytes ------------------------------------------------------------------------------------------------------

  onBytes(bytes: Buffer): void {
    const { plan, events } = this.#env;
    events.bytesReceived(plan.cohort, bytes.length);
    const generation = this.#generation;
    const rest = splitPackets(this.#partial, bytes, plan.maxPacketBytes, (packet) => {
      const decoded = this.#env.codec.decode(packet);
      if (decoded === null) this.#fail("malformed_packet");
      else this.#onPacket(decoded);
      return generation === this.#generation;
    });
    // A packet may have ended the connection, and its bytes with it.
    if (generation !== this.#generation) return;
    if (typeof rest === "string") this.#fail("malformed_packet");
    else this.#partial = rest;
  }

  #onPacket(packet: Packet): void {
    if (packet.cmd === "connack") {
      this.#onConnack(packet);
      return;
    }
    // [MQTT-3.2.0-1]: CONNACK comes first.
    if (!isOnline(this.#state)) {
      this.#fail("malformed_packet");
      return;
    }
    const { plan, events, time, codec } = this.#env;
    switch (packet.cmd) {
      case "publish":
        this.#onPublish(packet);
        return;
      case "pingresp":
        this.#pingSentMs = 0;
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
        this.session.removeFilters(entry?.filters ?? []);
        entry?.done(null);
        return;
      }
      case "puback":
      case "pubcomp": {
        // PUBACK ends QoS 1, PUBCOMP QoS 2. [MQTT-4.3.2-1], [MQTT-4.3.3-1]
        const waiting = this.session.inflight?.get(packet.messageId ?? 0);
        if (waiting?.packet?.qos !== (packet.cmd === "puback" ? 1 : 2)) return;
        const entry = this.#acknowledge("publish", packet.messageId);
        if (entry !== null) this.#published(entry, packet.reasonCode ?? 0);
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
        if (entry !== undefined) entry.released = true;
        this.#write(codec.encode({ cmd: "pubrel", messageId: packet.messageId ?? 0 }));
        return;
      }
      case "pubrel":
        this.session.release(packet.messageId ?? 0);
        this.#write(codec.encode({ cmd: "pubcomp", messageId: packet.messageId ?? 0 }));
        return;
      case "disconnect":
        // MQTT 5.0 section 3.14: the server says why before it closes.
        events.error(plan.cohort, `disconnect.${reasonName(packet.reasonCode ?? 0)}`);
        this.#transport?.close();
        this.#lose("closed");
        return;
      case "auth":
      case "connect":
      case "subscribe":
      case "unsubscribe":
      case "pingreq":
        // Packets that only a client sends.
        this.#fail("malformed_packet");
    }
  }

  #published(entry: Inflight, reason: number): void {
    const { plan, events, time } = this.#env;
    if (reason >= 128) {
      entry.done(`puback.${reasonName(reason)}`);
      return;
    }
    events.publishAcknowledged(plan.cohort, time.now() - entry.sentAtMs);
    entry.done(null);
  }

  #onPublish(packet: IPublishPacket): void {
    const { plan, events, time, codec } = this.#env;
    const generation = this.#generation;
    if (packet.qos === 1) {
      this.#write(codec.encode({ cmd: "puback", messageId: packet.messageId ?? 0 }));
    } else if (packet.qos === 2) {
      this.#write(codec.encode({ cmd: "pubrec", messageId: packet.messageId ?? 0 }));
      if (!this.session.receive(packet.messageId ?? 0)) return;
    }
    if (generation !== this.#generation) return;
    events.publishReceived(plan.cohort);
    const answer = this.#requests?.receive({
      topic: packet.topic,
      correlationData: packet.properties?.correlationData,
    });
    if (answer === undefined || answer.kind === "message") return;
    if (answer.kind === "late") {
      events.lateResponse(plan.cohort, this.storm);
      return;
    }
    const { request } = answer;
    if (answer.kind === "rejected") {
      events.configRejected(plan.cohort);
      this.#settleRequest(request, "rejected", null);
      return;
    }
    events.configResponse(plan.cohort, this.storm, time.now() - request.sentAtMs);
    this.#settleRequest(request, "answer", packet.payload.toString());
  }

  #write(bytes: Buffer): void {
    const { plan, events, time } = this.#env;
    if (this.#transport === null) return;
    this.#lastSentMs = time.now();
    events.bytesSent(plan.cohort, bytes.length);
    this.#transport.write(bytes);
  }

  // ---- time -------------------------------------------------------------------------------------------------------

  /** Called about once a second for every device, again in `nextInMs`: one timer for the whole fleet. */
  keepaliveTick(nowMs: number, nextInMs: number = 0): void {
    if (!isOnline(this.#state)) return;
    const { keepaliveMs } = this.#env.plan;
    switch (keepaliveAction(nowMs, this.#lastSentMs, this.#pingSentMs, keepaliveMs, nextInMs)) {
      case "none":
        return;
      case "ping":
        this.#pingSentMs = nowMs;
        this.#write(this.#env.codec.pingreq);
        return;
      case "lost":
        this.fail("keepalive");
    }
  }

  connectTimedOut(): void {
    this.#timer = null;
    this.#failAttempt(this.#state === "connecting" ? "tcp_timeout" : "connack_timeout");
  }

  backoffOver(): void {
    this.#timer = null;
    this.connect();
  }

  #setTimer(delayMs: number, callback: (device: Device, argument: undefined) => void): void {
    this.#clearTimer();
    this.#timer = this.#env.time.set(delayMs, callback, this, undefined);
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#env.time.clear(this.#timer);
    this.#timer = null;
  }

  #enter(event: DeviceEvent): boolean {
    const state = next(this.#state, event);
    if (state === null) return false;
    this.#state = state;
    return true;
  }
}

function onConnectTimeout(device: Device): void {
  device.connectTimedOut();
}

function onBackoffOver(device: Device): void {
  device.backoffOver();
}

function onAckTimeout(device: Device, entry: Inflight): void {
  device.ackTimedOut(entry);
}

function onRequestTimeout(device: Device, pending: PendingRequest): void {
  pending.timer = null;
  device.requestTimedOut(pending);
}

function onPauseOver(device: Device, pause: { generation: number; callback: () => void }): void {
  if (device.generation === pause.generation) pause.callback();
}

function ignore(): void {}

/** Operations that the connection took with it, or the broker forgot. */
function settleAll(env: DeviceEnvironment, entries: Inflight[]): void {
  for (const entry of entries) {
    if (entry.timer !== null) env.time.clear(entry.timer);
    entry.timer = null;
    entry.done(LOST);
  }
}

/** Where an attempt failed; design.md, "Measuring honestly", point 8. */
function failureOfAttempt(state: DeviceState, failure: TransportFailure | null): string {
  if (state === "awaiting-connack") return "closed_before_connack";
  return failure ?? "tcp_reset";
}

function refusal(granted: readonly unknown[]): string | null {
  for (const code of granted) {
    if (typeof code === "number" && code >= 128) return reasonName(code);
  }
  return null;
}
