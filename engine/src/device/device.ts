import type { Packet } from "mqtt-packet";
import type { OpeningStep, TransportFailure } from "../transport/transport.ts";
import { Attempt } from "./attempt.ts";
import { Bootstrap } from "./bootstrap.ts";
import type { DeviceCredentials } from "./credentials.ts";
import { type DeviceEvent, EVENTS, type Subject } from "./events.ts";
import { Line } from "./line.ts";
import { type DisconnectCause, isMeant } from "./loss.ts";
import type { DeviceEnvironment } from "./port.ts";
import { receive } from "./receive.ts";
import type { Refusal } from "./server-packets.ts";
import { Exchange } from "./session/exchange.ts";
import type { ServerLimits } from "./session/server-limits.ts";
import { type DeviceState, isOnline, next, type StateChange } from "./state.ts";
import { StormPart } from "./storm-part.ts";
import { Telemetry } from "./telemetry.ts";
import { LOST, type Waiter } from "./turns.ts";

/** How often a device looks whether its broker still reads, and whether it is time to go home. */
const LOOK_MS = 1000;

/**
 * One simulated MQTT client: it keeps itself connected with its back-off policy, runs its program after every CONNACK, and tells
 * what happens. A machine: inputs change it, it acts through its port, finishes, and then tells. It owns no bytes, timer, socket,
 * clock or random source.
 */
export class Device implements Subject {
  readonly number: number;
  /** Its number among the devices of its cohort. */
  readonly numberInCohort: number;
  /** Whoever made the device; it means nothing to the device itself. */
  readonly owner: object;
  readonly env: DeviceEnvironment;
  readonly line: Line;
  readonly attempt: Attempt;
  readonly part: StormPart;
  /** Made when they are first needed, as below: of a fleet that is turned away most devices never get so far. */
  #bootstrap: Bootstrap | null = null;
  #exchange: Exchange | null = null;
  #telemetry: Telemetry[] | null = null;
  #state: DeviceState = "offline";
  /** Counts attempts and their ends: what comes late, from an earlier one, is not taken for this one's. */
  generation = 0;
  #draws = 0;
  #requestCount = 0;
  #wasReady = false;
  /** It is asked to look some time: at most once, also where it has been offline meanwhile. */
  #isLookedAt = false;
  /** NaN before the first CONNACK: a double from the start. */
  #onlineSinceMs = Number.NaN;

  constructor(
    number: number,
    credentials: DeviceCredentials,
    environment: DeviceEnvironment,
    owner: object,
    numberInCohort: number = number,
  ) {
    this.number = number;
    this.numberInCohort = numberInCohort;
    this.owner = owner;
    this.env = environment;
    this.line = new Line(this);
    this.attempt = new Attempt(this, credentials);
    this.part = new StormPart(this);
  }

  get bootstrap(): Bootstrap {
    this.#bootstrap ??= new Bootstrap(this);
    return this.#bootstrap;
  }

  get exchange(): Exchange {
    this.#exchange ??= new Exchange(this);
    return this.#exchange;
  }

  // ---- what it is -------------------------------------------------------------------------------------------------

  get cohort(): number {
    return this.env.plan.cohort;
  }

  /** The region of the connection, or of the next one; 0 where the script has no regions. */
  get region(): number {
    return this.attempt.region;
  }

  get state(): DeviceState {
    return this.#state;
  }

  get isOnline(): boolean {
    return isOnline(this.#state);
  }

  /** It is online, or on its way. */
  get wantsToBeOnline(): boolean {
    return this.#state !== "offline" && this.#state !== "ended";
  }

  get isReady(): boolean {
    return this.#state === "ready" && !this.part.outage.isUnaware;
  }

  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Its first attempt to connect, or the bootstrap that follows, is still under way. */
  get isArriving(): boolean {
    return this.generation === 1 && !this.#wasReady;
  }

  /** When the last CONNACK was accepted; monotonic milliseconds, NaN before the first. */
  get onlineSinceMs(): number {
    return this.#onlineSinceMs;
  }

  /** The device's next uniform number in [0, 1). */
  random(): number {
    return this.env.port.random(this.number, this.#draws++);
  }

  /** A number unique within this device, for correlation. */
  nextRequestId(): string {
    this.#requestCount++;
    return String(this.#requestCount);
  }

  // ---- inputs: the flow -------------------------------------------------------------------------------------------

  /** Starts to connect, and from then on keeps itself connected. */
  connect(): void {
    this.attempt.start();
  }

  /** MQTT DISCONNECT and no further attempt, until the flow connects again. */
  disconnect(): void {
    this.env.port.turns.run(() => {
      this.part.leave();
      this.#leave("disconnect");
    });
  }

  /** The virtual user is over: the device leaves politely and hears nothing more. Who waits for it is told `reason`. */
  end(reason: string): void {
    if (this.#state === "ended") return;
    this.env.port.turns.run(() => this.finish(reason));
  }

  /** Its own script failed: it tells of it, leaves politely, and does not come back to fail again. */
  endByScript(failure: string): void {
    if (this.#state === "ended") return;
    this.env.port.turns.run(() => this.finishByScript(failure));
  }

  /** Gives the connection up: RST, back-off, another try. `cause` is also counted as an error. */
  fail(cause: DisconnectCause): void {
    this.env.port.turns.run(() => this.breakOff(cause));
  }

  /** It leaves a server alone that asked for it. */
  postpone(): void {
    this.env.port.turns.run(() => this.tell(EVENTS.retryPostponed));
  }

  /** Settles `waiter` with what comes late from somebody else; as LOST where `generation` is over by then. */
  settleLate(generation: number, waiter: Waiter, failure: string | null): void {
    this.env.port.turns.settle(waiter, generation === this.generation ? failure : LOST);
  }

  // ---- inputs: the network ----------------------------------------------------------------------------------------

  /** A step of opening the connection is done, and `following` begins. */
  onStep(following: OpeningStep, resumed: boolean): void {
    if (this.#state === "connecting") this.attempt.endStep(following, resumed);
  }

  /** The last step is done: packets can be sent. */
  onOpen(resumed: boolean): void {
    const { turns } = this.env.port;
    turns.begin();
    try {
      if (this.enter("opened")) this.attempt.opened(resumed);
    } finally {
      turns.end();
    }
  }

  onPacket(packet: Packet): void {
    const { turns } = this.env.port;
    turns.begin();
    try {
      receive(this, packet);
    } finally {
      turns.end();
    }
  }

  /** What came is no packet, or too long. */
  onUnreadable(): void {
    this.env.port.turns.run(() => this.giveUp("malformed_packet"));
  }

  /** The connection is gone. `failure` is null where the peer ended it. */
  onClosed(failure: TransportFailure | null): void {
    const { turns } = this.env.port;
    turns.begin();
    try {
      this.line.forget();
      // A path that is gone may answer with RST, whoever has the client id by now.
      const isTaken = isOnline(this.#state) && !this.part.outage.isUnaware && this.attempt.wasTakenOver();
      if (isOnline(this.#state)) this.lose(isTaken ? "session_taken_over" : "closed");
      else this.attempt.closed(failure);
    } finally {
      turns.end();
    }
  }

  // ---- inputs: time -----------------------------------------------------------------------------------------------

  /**
   * Asked of a device that is online, on its own phase: when something is due, and each second.
   *
   * @param earlyMs this is asked so much before it is due, at most
   * @returns when it is to be asked again, milliseconds; null for not any more
   */
  look(nowMs: number, earlyMs: number = 0): number | null {
    if (isOnline(this.#state)) this.#lookNow(nowMs, earlyMs);
    if (isOnline(this.#state)) return this.#nextLookMs(nowMs);
    this.#isLookedAt = false;
    return null;
  }

  #lookNow(nowMs: number, earlyMs: number): void {
    const { turns } = this.env.port;
    turns.begin();
    try {
      if (this.line.link?.isStuck) {
        this.breakOff("send_buffer_full");
      } else if (this.#state === "ready" && this.attempt.route?.isDueHome(nowMs - this.#onlineSinceMs)) {
        this.line.close("disconnect");
        this.lose("return_home");
      } else if (!this.line.keepAlive(nowMs, earlyMs)) {
        this.breakOff("keepalive");
      }
    } finally {
      turns.end();
    }
  }

  #nextLookMs(nowMs: number): number {
    return Math.min(LOOK_MS, this.line.keepaliveDueMs(nowMs));
  }

  // ---- within a turn: for the parts of a device, which stand beside this file --------------------------------------

  /** False for an event that means nothing in this state. */
  enter(change: StateChange): boolean {
    const state = next(this.#state, change);
    if (state === null) return false;
    this.#state = state;
    return true;
  }

  tell(event: DeviceEvent, storm = 0, value: number | null = 0, name = ""): void {
    this.env.port.tell(event, this, storm, value, name);
  }

  /** The server has accepted the connection. */
  becomeOnline(nowMs: number, sessionPresent: boolean, limits: ServerLimits): void {
    this.attempt.clearTimer();
    this.#onlineSinceMs = nowMs;
    this.exchange.resume(sessionPresent, limits);
    if (!this.#isLookedAt) {
      this.#isLookedAt = true;
      this.env.port.lookAt(this, this.#nextLookMs(nowMs));
    }
    this.bootstrap.begin();
  }

  /** The program is done. */
  becomeReady(): void {
    const nowMs = this.env.port.now();
    if (!this.enter("bootstrapped")) return;
    this.#speak();
    if (!this.part.tellReady(nowMs)) return;
    this.#wasReady = true;
    if (this.env.plan.resetAfter === "ready") this.attempt.resetRetries();
    this.env.port.ready(this, nowMs);
  }

  /** The first time that it is ready its publications in the background begin; later, those that wait are sent. */
  #speak(): void {
    const plans = this.env.telemetry;
    if (plans.length === 0) return;
    if (this.#telemetry === null)
      this.#telemetry = plans.map((plan, place) => new Telemetry(this, plan, place));
    else for (const telemetry of this.#telemetry) telemetry.ready();
  }

  /** RST, back-off, another try. */
  breakOff(cause: DisconnectCause): void {
    if (!isOnline(this.#state)) return;
    this.line.link?.reset();
    this.lose(cause);
  }

  /** Does the same in whatever state. */
  giveUp(cause: "malformed_packet"): void {
    if (isOnline(this.#state)) this.breakOff(cause);
    else this.attempt.fail(cause);
  }

  /**
   * The connection is gone, against the device's will. `redirected`: the next one goes to another server.
   *
   * @param refusal what the server said of it, if it did
   */
  lose(cause: DisconnectCause, redirected: boolean = false, refusal: Refusal | null = null): void {
    if (!redirected) this.attempt.route?.lost();
    const nowMs = this.env.port.now();
    const { hadBeenReady } = this.part;
    const mayBeStorms = this.part.lost(cause, nowMs);
    if (!isMeant(cause)) this.tell(EVENTS.error, 0, 0, cause);
    const { resetAfter } = this.env.plan;
    if (typeof resetAfter === "object" && nowMs - this.#onlineSinceMs >= resetAfter.connectedMs)
      this.attempt.resetRetries();
    this.#leaveOnline(cause, "failed");
    if (refusal === null) this.attempt.goOn(cause);
    else this.attempt.goOn(refusal.reason, this.attempt.reactionTo(refusal));
    if (mayBeStorms) this.part.tellLoss(nowMs, hadBeenReady);
  }

  /** Leaves for good. */
  finish(reason: string): void {
    this.#leave("end");
    this.#exchange?.end();
    for (const telemetry of this.#telemetry ?? []) telemetry.end();
    this.env.port.ended(this, reason);
  }

  finishByScript(failure: string): void {
    this.tell(EVENTS.error, 0, 0, failure);
    this.finish(failure);
  }

  /** What it knew of its session is gone, whatever the server keeps: it is as before its first connection. */
  forgetSession(): void {
    this.#exchange?.end();
    this.#exchange = null;
  }

  /** Leaves the attempt behind. */
  abandon(): void {
    this.line.link?.reset();
    this.#forget();
  }

  /** Leaves as the script wants it: politely where it is online. */
  #leave(change: "disconnect" | "end"): void {
    if (isOnline(this.#state)) {
      this.line.close("disconnect");
      this.#leaveOnline("finished", change);
    } else {
      this.enter(change);
      this.abandon();
    }
  }

  /** Everything that belongs to the connection goes with it. */
  #leaveOnline(cause: DisconnectCause, change: "failed" | "disconnect" | "end"): void {
    const wasReady = this.#state === "ready";
    this.enter(change);
    this.#forget();
    this.part.tellDisconnected(cause, wasReady, change === "failed");
    this.#exchange?.interrupt();
  }

  /** Nothing of the connection or the attempt is waited for any more. */
  #forget(): void {
    this.generation++;
    this.attempt.clearTimer();
    this.attempt.releaseId();
    this.line.forget();
  }
}
