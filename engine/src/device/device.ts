import type { IConnackPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { splitPackets } from "../transport/framing.ts";
import {
  connackReason,
  isOverload,
  isRedirect,
  reasonName,
  SESSION_TAKEN_OVER,
} from "../transport/reason-codes.ts";
import type {
  ClientCertificate,
  Dialer,
  OpeningStep,
  ServerReference,
  Transport,
  TransportFailure,
  TransportListener,
} from "../transport/transport.ts";
import { connectPacket, credentialsProblem } from "./connect-packet.ts";
import { keepaliveAction } from "./keepalive.ts";
import type { LossWatch } from "./losses.ts";
import { isOfferedLoad } from "./offered-load.ts";
import { failureOfAttempt, Opening } from "./opening.ts";
import { Outage } from "./outage.ts";
import type { CredentialSource, DeviceCredentials, DeviceEnvironment, DisconnectCause } from "./port.ts";
import { Redirection } from "./redirection.ts";
import { RegionRoute } from "./region-route.ts";
import { type DeviceConnection, Exchange } from "./session/exchange.ts";
import { type OutsideCall, OutsideCalls } from "./session/outside-calls.ts";
import type { RequestCall } from "./session/requests.ts";
import { areLimitsValid, serverLimits } from "./session/server-limits.ts";
import type { OperationDone, PublishCall, Session } from "./session/session.ts";
import { Standing } from "./standing.ts";
import { type DeviceEvent, type DeviceState, isOnline, next } from "./state.ts";

/** How the engine itself ends a connection. */
export type DropCause = "reset" | "close" | "disconnect";

/**
 * What a device may have sent that its broker does not read, before the connection counts as lost: a real device has less,
 * and thousands of them wait in this process.
 */
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

function isFull(transport: Transport): boolean {
  return transport.unsentBytes > MOST_UNSENT_BYTES;
}

/**
 * One simulated MQTT client: keeps itself connected with its back-off policy, runs its bootstrap after every CONNACK,
 * and reports what happens. It owns no socket class, clock or random source: those come with the environment.
 */
export class Device implements TransportListener, Dialer, DeviceConnection {
  readonly number: number;
  /** Of the next CONNECT. */
  credentials: DeviceCredentials;
  /** Asked for them before every attempt; null where they stay as they are. */
  credentialSource: CredentialSource | null = null;
  /** The id that the server gave to a device without one: its own from then on. MQTT 5.0 section 3.2.2.3.7. */
  #assignedId: string | null = null;
  #redirection: Redirection | null = null;
  /** For mutual TLS; null for that of the settings. */
  certificate: ClientCertificate | null = null;
  readonly #route: RegionRoute | null;
  /** Whoever made the device; it means nothing to the device itself. */
  readonly owner: object;
  readonly #env: DeviceEnvironment;
  #state: DeviceState = "offline";
  #transport: Transport | null = null;
  #partial: Buffer | null = null;
  readonly #exchange: Exchange;
  /** Made when first needed. */
  #outside: OutsideCalls | null = null;
  #timer: object | null = null;

  /** Counts connections and their ends: what was begun in an earlier one is not continued in a later one. */
  #generation = 0;
  #attempt = 0;
  #previousDelayMs: number;
  #draws = 0;
  #requestCount = 0;
  #wasOnline = false;

  readonly #opening: Opening = new Opening();
  readonly #outage: Outage = new Outage();
  readonly standing: Standing = new Standing();
  #wasReady = false;
  #onlineSinceMs = 0;
  #lastSentMs = 0;
  #pingSentMs = 0;
  /** Online as far as the device knows; it neither speaks nor hears. */
  #silent = false;
  /** A packet was not written: too much waited for the broker. What is written now is no longer what the device said. */
  #hasDropped = false;
  /** Called when ready, with null, or when over, with the reason. */
  #readyWaiters: OperationDone[] | null = null;

  constructor(number: number, credentials: DeviceCredentials, environment: DeviceEnvironment, owner: object) {
    this.number = number;
    this.owner = owner;
    this.credentials = credentials;
    this.#env = environment;
    this.#previousDelayMs = environment.plan.backoffBaseMs;
    const { regions } = environment;
    this.#route = regions === undefined ? null : new RegionRoute(regions.failover, regions.home(number));
    this.#exchange = new Exchange(this, environment);
  }

  /** Of the next CONNECT, and all that follow; false where no CONNECT can be made of them. */
  identify(credentials: DeviceCredentials): boolean {
    if (credentialsProblem(this.#env.plan.clean, credentials) !== null) return false;
    this.credentials = credentials;
    return true;
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

  get isReady(): boolean {
    return this.#state === "ready" && !this.#silent;
  }

  /** It has been ready before. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Its first attempt to connect, or the bootstrap that follows, is still under way. */
  get isArriving(): boolean {
    return this.#generation === 1 && !this.#wasReady;
  }

  /** The last storm that disconnected this device, from 1; 0 for none. */
  get affectedBy(): number {
    return this.#outage.storm;
  }

  /**
   * That storm while the device is not ready: what it does then is part of what the storm costs. 0 for none, and while it does
   * not know yet that its connection is gone.
   */
  get storm(): number {
    return this.#state === "ready" ? 0 : this.#outage.storm;
  }

  get isSilent(): boolean {
    return this.#silent;
  }

  get sessionPresent(): boolean {
    return this.#exchange.sessionPresent;
  }

  get session(): Session {
    return this.#exchange.session;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Runs `callback` after a pause, or `lost` if the connection has ended by then. */
  after(delayMs: number, callback: () => void, lost: () => void): void {
    this.#env.time.set(delayMs, onPauseOver, this, { generation: this.#generation, callback, lost });
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
    this.#hasDropped = false;
    this.#opening.begin(time.now());
    events.connectAttempt(plan.cohort, this.storm);
    this.#setTimer(plan.connectTimeoutMs, onConnectTimeout);
    if (this.credentialSource === null) this.#transport = open(this, this);
    else this.#renewCredentials(this.credentialSource);
  }

  /** A token may have expired since the last attempt. It takes none of the connection's time. */
  #renewCredentials(source: CredentialSource): void {
    const { plan, time, open } = this.#env;
    const generation = this.#generation;
    source((credentials) => {
      if (generation !== this.#generation) return;
      if (credentials === null || !this.identify(credentials)) {
        this.#failAttempt("credentials_failed");
        return;
      }
      this.#opening.begin(time.now());
      this.#setTimer(plan.connectTimeoutMs, onConnectTimeout);
      this.#transport = open(this, this);
    });
  }

  onStep(next: OpeningStep, resumed: boolean): void {
    if (this.#state !== "connecting") return;
    const { plan, events, time } = this.#env;
    this.#opening.stepDone(time.now(), events, plan.cohort, resumed);
    this.#opening.goOn(next);
  }

  onOpen(resumed: boolean = false): void {
    if (!this.#enter("opened")) return;
    const { plan, events, time, codec } = this.#env;
    this.#opening.stepDone(time.now(), events, plan.cohort, resumed);
    this.write(codec.encode(connectPacket(plan, this.credentials, this.clientId)));
  }

  /** The one that it has, or was given by the server; empty before that. */
  get clientId(): string {
    const { clientId } = this.credentials;
    return clientId === "" ? (this.#assignedId ?? "") : clientId;
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
      this.#refused(`connack.${connackReason(code)}`, code, packet.properties?.serverReference);
      return;
    }
    const limits = serverLimits(packet.properties);
    if (!areLimitsValid(limits)) {
      this.#fail("malformed_packet");
      return;
    }
    this.#enter("accepted");
    this.#redirection?.accepted();
    if (this.#route !== null) {
      this.#env.regions?.counts.connected(this.region, this.#route.accepted());
      this.#env.regions?.loads.count(this.region, "accepted");
    }
    this.#assignedId = packet.properties?.assignedClientIdentifier ?? this.#assignedId;
    this.#clearTimer();
    const now = time.now();
    this.#onlineSinceMs = now;
    this.#pingSentMs = 0;
    const { startedMs, stepStartedMs } = this.#opening;
    events.connectAccepted(plan.cohort, this.storm, now - startedMs, now - stepStartedMs, !this.#wasOnline);
    this.#tellAttempt(null);
    const reconnectMs = this.#outage.reconnected(now);
    if (reconnectMs !== null) events.reconnected(plan.cohort, this.#outage.recoversFrom, reconnectMs);
    if (plan.resetAfter === "connack") this.#resetBackoff();
    this.#wasOnline = true;
    const generation = this.#generation;
    this.#exchange.resume(packet.sessionPresent, limits);
    // Whoever heard of a lost operation may have ended or disconnected the device.
    if (generation !== this.#generation) return;
    this.#env.bootstrap(this, (failure) => {
      if (generation === this.#generation) this.#bootstrapped(failure);
    });
  }

  /** The server said no. An overloaded one is left alone as long as the policy says. */
  #refused(reason: string, code: number, reference: string | undefined): void {
    const { plan, events } = this.#env;
    if (isOverload(code)) events.connectOverload(plan.cohort);
    const follows = isRedirect(code) && this.#redirect(code, reference);
    this.#failAttempt(reason, follows);
  }

  /** Counts the redirection; true where the next attempt goes to another server. MQTT 5.0 section 4.11. */
  #redirect(code: number, reference: string | undefined): boolean {
    const { plan, events } = this.#env;
    events.redirected(plan.cohort);
    if (!plan.followReferences) return false;
    this.#redirection ??= new Redirection();
    const problem = this.#redirection.follow(code, reference);
    if (problem !== null) events.error(plan.cohort, problem);
    return problem === null;
  }

  /** Where the next connection goes; null for the target of the script. */
  get endpoint(): ServerReference | null {
    return this.#redirection?.endpoint ?? null;
  }

  /** Of the connection, or of the next one; 0 where the script has no regions. */
  get region(): number {
    return this.#route?.region ?? 0;
  }

  #bootstrapped(failure: string | null): void {
    const { plan, events, time, losses } = this.#env;
    if (failure !== null) {
      events.error(plan.cohort, failure);
      this.fail("bootstrap_refused");
      return;
    }
    if (!this.#enter("bootstrapped")) return;
    if (this.#silent) return;
    this.#wasReady = true;
    if (this.standing.back()) events.stormBack(plan.cohort, this.standing.storm);
    if (plan.resetAfter === "ready") this.#resetBackoff();
    const now = time.now();
    const storm = this.#outage.recoversFrom;
    events.becameReady(plan.cohort, storm, this.#outage.end(now));
    losses.watch?.ready(this, now);
    this.#tellReady(null);
  }

  // ---- losing the connection --------------------------------------------------------------------------------------

  onClosed(failure: TransportFailure | null): void {
    this.#transport = null;
    if (this.#silent) return;
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
    if (!isOnline(this.#state) || this.#silent) return Number.NaN;
    this.#claim(storm);
    this.#closeTransport(cause);
    this.#lose(cause);
    return this.#outage.lostAtMs;
  }

  /**
   * A storm takes the network away behind the device's back: what it writes goes nowhere and it hears nothing, neither FIN
   * nor RST, until its own keepalive or time-out tells it. Returns as `drop` does.
   */
  silence(storm: number): number {
    if (!isOnline(this.#state) || this.#silent) return Number.NaN;
    const { plan, events, time } = this.#env;
    this.#silent = true;
    this.#claim(storm);
    this.#outage.begin(time.now());
    this.#partial = null;
    events.silenced(plan.cohort, this.#state === "ready");
    return this.#outage.lostAtMs;
  }

  /**
   * A loss a moment ago turns out to be a storm's. What the device did in between is told again, as the storm's.
   *
   * @param readyAtMs when it became ready again; null if it has not
   */
  join(storm: number, lostAtMs: number, readyAtMs: number | null): void {
    const { plan, events } = this.#env;
    if (this.hasReconnectedSince(lostAtMs)) {
      events.reconnected(plan.cohort, storm, this.#onlineSinceMs - lostAtMs);
    }
    this.#outage.join(storm, lostAtMs, readyAtMs !== null);
    this.standing.take(storm, "affected", true);
    if (readyAtMs !== null) this.standing.back();
  }

  hasReconnectedSince(lostAtMs: number): boolean {
    return this.#onlineSinceMs > lostAtMs;
  }

  /** Ends an attempt under way, if there is one: it failed for `reason`. */
  failAttempt(reason: TransportFailure): void {
    if (!isOnline(this.#state)) this.#failAttempt(reason);
  }

  /** `redirected`: the next connection goes to another server. */
  #lose(cause: DisconnectCause, redirected: boolean = false): void {
    const { plan, events, time, losses } = this.#env;
    if (!redirected) {
      this.#redirection?.failed();
      this.#route?.lost();
    }
    const now = time.now();
    const isMeant =
      cause === "reset" || cause === "close" || cause === "disconnect" || cause === "return_home";
    if (losses.watch !== null && !isMeant && !this.#silent) this.#tellLoss(losses.watch, now);
    this.#outage.begin(now);
    if (cause !== "return_home") this.standing.lost();
    if (!isMeant) events.error(plan.cohort, cause);
    const { resetAfter } = plan;
    if (typeof resetAfter === "object" && now - this.#onlineSinceMs >= resetAfter.connectedMs)
      this.#resetBackoff();
    this.#leaveOnline(cause, "failed");
    // Whoever heard of a lost operation may have ended or disconnected the device.
    if (this.#state === "backoff") this.#scheduleReconnect();
  }

  /** As in `drop`, where the loss belongs to a storm. */
  #tellLoss(watch: LossWatch, nowMs: number): void {
    const storm = watch.lost(this, this.#env.plan.cohort, nowMs);
    if (storm !== 0) this.#claim(storm);
  }

  #claim(storm: number): void {
    this.#outage.claim(storm);
    this.standing.take(storm, "affected", this.#wasReady || this.isArriving);
  }

  /** A storm comes that does not disconnect this device. One that is away by its own will, or only arriving, has no part in it. */
  witness(storm: number): void {
    if (this.isReady) this.standing.take(storm, "unaffected", true);
    else if (this.wantsToBeOnline && !this.isArriving)
      this.standing.take(storm, "already-offline", this.#wasReady);
  }

  /** Online, or on its way. */
  get wantsToBeOnline(): boolean {
    return this.#state !== "offline" && this.#state !== "ended";
  }

  /** The attempt ended before its CONNACK was accepted. */
  #failAttempt(reason: string, redirected: boolean = false): void {
    if (!this.#enter("failed")) return;
    const { plan, events } = this.#env;
    this.#clearTimer();
    this.#transport?.reset();
    this.#transport = null;
    this.#partial = null;
    this.#generation++;
    events.connectRefused(plan.cohort, reason);
    this.#tellAttempt(reason);
    // A server that names another one does not mean later.
    if (redirected) {
      this.#setTimer(0, onBackoffOver);
    } else {
      this.#redirection?.failed();
      this.#route?.failed(() => this.random());
      this.#scheduleReconnect();
    }
  }

  /** Of an attempt that is over, when the device has a part in a storm. `failure` is null where it was accepted. */
  #tellAttempt(failure: string | null): void {
    const { storm } = this.standing;
    if (storm === 0 || !isOfferedLoad(failure)) return;
    this.#env.events.stormConnect(this.#env.plan.cohort, storm);
    this.#env.regions?.loads.count(this.region, "stormConnects");
  }

  /** Everything that belongs to the connection goes with it. */
  #leaveOnline(cause: DisconnectCause, event: "failed" | "disconnect" | "end"): void {
    const { plan, events, time } = this.#env;
    const wasReady = this.#state === "ready";
    const wasSilent = this.#silent;
    this.#silent = false;
    this.#enter(event);
    this.#generation++;
    this.#clearTimer();
    this.#transport = null;
    this.#partial = null;
    this.#pingSentMs = 0;
    if (!wasSilent) events.disconnected(plan.cohort, cause, wasReady);
    else
      events.silenceOver(
        plan.cohort,
        this.affectedBy,
        cause,
        event === "failed" ? time.now() - this.#outage.lostAtMs : null,
      );
    this.#exchange.interrupt();
    this.#outside?.interrupt();
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
    this.#outage.abandon();
    this.standing.leave();
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
    this.#exchange.end();
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
    if (cause === "disconnect") this.write(this.#env.codec.disconnect);
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

  /** SUBSCRIBE; see Exchange. */
  subscribe(filters: readonly string[], qos: 0 | 1 | 2, trusted: boolean, done: OperationDone): void {
    this.#exchange.subscribe(filters, qos, trusted, done);
  }

  unsubscribe(filters: readonly string[], done: OperationDone): void {
    this.#exchange.unsubscribe(filters, done);
  }

  publish(call: PublishCall, done: OperationDone): void {
    this.#exchange.publish(call, done);
  }

  request(call: RequestCall): void {
    this.#exchange.request(call);
  }

  /** Asks a server other than the broker; the call ends with the connection. */
  ask(call: OutsideCall): void {
    this.#outside ??= new OutsideCalls(this, this.#env);
    this.#outside.ask(call);
  }

  // ---- bytes ------------------------------------------------------------------------------------------------------

  onBytes(bytes: Buffer): void {
    if (this.#silent) return;
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
    if (packet.cmd === "disconnect") {
      this.#onDisconnect(packet);
      return;
    }
    // [MQTT-3.2.0-1]: CONNACK comes first.
    if (!isOnline(this.#state)) {
      this.#fail("malformed_packet");
      return;
    }
    switch (packet.cmd) {
      case "pingresp":
        this.#pingSentMs = 0;
        return;
      case "auth":
      case "connect":
      case "subscribe":
      case "unsubscribe":
      case "pingreq":
        // Packets that only a client sends.
        this.#fail("malformed_packet");
        return;
      default:
        this.#exchange.receive(packet);
    }
  }

  /** MQTT 5.0 section 3.14: the server says why before it closes. In 3.1.1 only a client sends it. */
  #onDisconnect({ reasonCode: code = 0, properties }: IDisconnectPacket): void {
    const { plan, events } = this.#env;
    const reason = reasonName(code);
    if (plan.protocolVersion !== 5) {
      this.#fail("malformed_packet");
      return;
    }
    if (!isOnline(this.#state)) {
      // Against [MQTT-3.14.0-1], which has CONNACK come first. ActiveMQ Artemis does so; what it says is worth knowing.
      this.#refused(`disconnect.${reason}`, code, properties?.serverReference);
      return;
    }
    events.serverDisconnected(plan.cohort, reason);
    this.#transport?.close();
    const follows = isRedirect(code) && this.#redirect(code, properties?.serverReference);
    this.#lose(code === SESSION_TAKEN_OVER ? "session_taken_over" : "closed", follows);
  }

  /** Nothing where the connection is gone. */
  write(bytes: Buffer): void {
    const { plan, events, time } = this.#env;
    if (this.#transport === null) return;
    this.#lastSentMs = time.now();
    if (this.#silent) return;
    if (isFull(this.#transport)) {
      this.#hasDropped = true;
      return;
    }
    events.bytesSent(plan.cohort, bytes.length);
    this.#transport.write(bytes);
  }

  // ---- time -------------------------------------------------------------------------------------------------------

  /** Called about once a second for every device, again in `nextInMs`: one timer for the whole fleet. */
  keepaliveTick(nowMs: number, nextInMs: number = 0): void {
    if (!isOnline(this.#state)) return;
    // Not when it was written: nothing ends within what somebody else began. The broker may have read on since.
    if (this.#hasDropped || (this.#transport !== null && isFull(this.#transport))) {
      this.fail("send_buffer_full");
      return;
    }
    if (this.#state === "ready" && this.#route?.isDueHome(nowMs - this.#onlineSinceMs)) {
      this.#closeTransport("disconnect");
      this.#lose("return_home");
      return;
    }
    // [MQTT-3.2.2-21]: the server's keepalive stands in for the device's.
    const keepaliveMs = this.#exchange.limits.keepaliveMs ?? this.#env.plan.keepaliveMs;
    switch (keepaliveAction(nowMs, this.#lastSentMs, this.#pingSentMs, keepaliveMs, nextInMs)) {
      case "none":
        return;
      case "ping":
        this.#pingSentMs = nowMs;
        this.write(this.#env.codec.pingreq);
        return;
      case "lost":
        this.fail("keepalive");
    }
  }

  connectTimedOut(): void {
    this.#timer = null;
    if (this.#transport === null) this.#failAttempt("credentials_failed");
    else this.#failAttempt(this.#opening.timeoutReason(this.#state));
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

interface Pause {
  generation: number;
  callback: () => void;
  lost: () => void;
}

function onPauseOver(device: Device, pause: Pause): void {
  if (device.generation === pause.generation) pause.callback();
  else pause.lost();
}
