import type { IConnackPacket } from "mqtt-packet";
import { REFUSED_HERE } from "../contract.ts";
import { isOverload, isRedirect } from "../transport/reason-codes.ts";
import type {
  ClientCertificate,
  Dialer,
  OpeningStep,
  ServerReference,
  TransportFailure,
} from "../transport/transport.ts";
import { connectPacket } from "./connect-packet.ts";
import { type CredentialSource, type DeviceCredentials, Identity } from "./credentials.ts";
import type { Device } from "./device.ts";
import { type DeviceEvent, EVENTS } from "./events.ts";
import { NO_PLACE } from "./id-holders.ts";
import { ownWaitMs, type Reaction } from "./patience.ts";
import { Route } from "./route.ts";
import type { Refusal } from "./server-packets.ts";
import type { ServerLimits } from "./session/server-limits.ts";
import type { DeviceState } from "./state.ts";

/** A device's attempts to connect: who it says that it is, where it goes, and how long it waits in between. */
export class Attempt implements Dialer {
  readonly identity: Identity;
  /** Null where there is one target and no server has named another: most devices have none. */
  route: Route | null;
  /** Attempts so far. */
  count = 0;
  readonly #device: Device;
  /** Ends the attempt, or the wait for the next one. */
  #timer: object | null = null;
  #wasAccepted = false;
  /** Retries since the back-off policy began anew, and the wait before the last of them. */
  #retries = 0;
  #previousDelayMs = Number.NaN;
  /** Attempts by the time that the count of failures began anew. */
  #countAtReset = 0;
  /** A server asked to be left alone for so long: the next wait is no shorter. Whole milliseconds, 0 for none. */
  #leastWaitMs = 0;
  /** How often the device has rebooted. */
  #boots = 0;
  /** Where the client id of its connection is followed. */
  #idPlace = NO_PLACE;
  #step: OpeningStep = "tcp";
  /** Monotonic milliseconds; NaN before the first, as below: a field that first held 0 would become a double in every device. */
  #startedMs = Number.NaN;
  /** When this step began; after the last step, when the wait for the CONNACK did. */
  #stepStartedMs = Number.NaN;

  constructor(device: Device, credentials: DeviceCredentials) {
    this.#device = device;
    this.identity = new Identity(credentials, device.env.plan.clean);
    this.#previousDelayMs = device.env.plan.backoffBaseMs;
    const { regions } = device.env;
    this.route = regions === null ? null : new Route(regions.failover, regions.home(device.number));
  }

  get number(): number {
    return this.#device.number;
  }

  /** Changes when the wait for the next attempt is given up. */
  get generation(): number {
    return this.#device.generation;
  }

  get region(): number {
    return this.route?.region ?? 0;
  }

  /** Null for the target of the script. */
  get endpoint(): ServerReference | null {
    return this.route?.endpoint ?? null;
  }

  /** How often it has lost what it held in its memory. */
  get restarts(): number {
    return this.#boots + this.#device.part.outage.powerCuts;
  }

  get certificate(): ClientCertificate | null {
    return this.identity.certificate;
  }

  /** Begins to connect: a turn of its own. */
  start(): void {
    const device = this.#device;
    const { turns } = device.env.port;
    // Waits between attempts take the dark into account: only the script can ask for one in it.
    if (device.state === "offline" && device.part.darkMs > 0) {
      turns.run(() => this.#waitForPower());
      return;
    }
    // Without a network nobody gives it credentials either.
    const source = device.part.hasNetwork ? this.identity.source : null;
    let isBegun = false;
    turns.begin();
    try {
      isBegun = device.enter("connect");
      if (isBegun) {
        device.generation++;
        this.count++;
        this.#begin();
        device.tell(EVENTS.connectAttempt, device.part.storm);
        if (source === null) device.line.open();
        else device.tell(EVENTS.authRequest);
      }
    } finally {
      turns.end();
    }
    if (isBegun && source !== null) this.#renewCredentials(source);
  }

  #waitForPower(): void {
    this.#device.enter("connect");
    this.#device.enter("failed");
    this.goOn("power_off");
  }

  #begin(): void {
    const { plan, port } = this.#device.env;
    const nowMs = port.now();
    this.#startedMs = nowMs;
    this.#stepStartedMs = nowMs;
    this.#step = "tcp";
    this.clearTimer();
    this.#timer = port.wake(plan.connectTimeoutMs, onConnectTimeout, this, undefined);
  }

  /** A token may have expired since the last attempt. It takes none of the connection's time. */
  #renewCredentials(source: CredentialSource): void {
    const device = this.#device;
    const { generation, env } = device;
    const askedMs = env.port.now();
    source((credentials) => {
      if (generation !== device.generation) return;
      device.env.port.turns.run(() => {
        if (credentials === null || !this.identity.identify(credentials)) {
          device.tell(EVENTS.authFailure);
          this.fail("credentials_failed");
        } else {
          device.tell(EVENTS.authResponse, 0, env.port.now() - askedMs);
          this.#begin();
          device.line.open();
        }
      });
    });
  }

  /** A step of opening the connection is done; null where it was the last one. `resumed`: a TLS session was. */
  endStep(
    following: OpeningStep | null,
    resumed: boolean,
    nowMs: number = this.#device.env.port.now(),
  ): void {
    const device = this.#device;
    const ms = nowMs - this.#stepStartedMs;
    this.#stepStartedMs = nowMs;
    device.tell(eventOfStep(this.#step, resumed), 0, ms);
    if (following !== null) this.#step = following;
  }

  opened(resumed: boolean): void {
    const { env, line } = this.#device;
    const nowMs = env.port.now();
    this.endStep(null, resumed, nowMs);
    const { credentials, clientId } = this.identity;
    if (env.ids !== null) this.#idPlace = env.ids.claim(clientId, this.region, this.number);
    line.send(connectPacket(env.plan, credentials, clientId), Number.POSITIVE_INFINITY, nowMs);
  }

  accepted(packet: IConnackPacket, limits: ServerLimits): void {
    const device = this.#device;
    const { plan, port } = device.env;
    device.enter("accepted");
    const hasFailedOver = this.route?.accepted() ?? false;
    this.identity.assign(packet.properties?.assignedClientIdentifier);
    const nowMs = port.now();
    const { storm } = device.part;
    device.tell(EVENTS.connackReceived, 0, nowMs - this.#stepStartedMs);
    device.tell(EVENTS.connectAccepted, storm, nowMs - this.#startedMs);
    if (!this.#wasAccepted) device.tell(EVENTS.firstAccepted);
    if (hasFailedOver) device.tell(EVENTS.failedOver);
    device.part.tellAttempt(null);
    device.part.tellReconnected(nowMs);
    if (plan.resetAfter === "connack") this.resetRetries();
    this.#wasAccepted = true;
    device.becomeOnline(nowMs, packet.sessionPresent, limits);
  }

  /** The server said no. An overloaded one is left alone as long as the policy says. */
  refused(refusal: Refusal): void {
    if (isOverload(refusal.code)) this.#device.tell(EVENTS.connectOverload);
    const reaction = this.reactionTo(refusal);
    const follows = this.follow(refusal);
    this.fail(refusal.reason, follows && reaction === null, reaction);
  }

  /** What the device does about a server's reason, whatever its policy says; null for nothing. */
  reactionTo({ code, reason }: Refusal): Reaction | null {
    const { reactions } = this.#device.env.plan;
    // Codes below 0x80 are CONNACK's of 3.1.1: in DISCONNECT they mean something else.
    if (reactions === null || (code < 128 && !reason.startsWith("connack."))) return null;
    return reactions.get(code) ?? null;
  }

  /** Counts a redirection; true where the next attempt goes to another server. MQTT 5.0 section 4.11. */
  follow({ code, reference }: Refusal): boolean {
    const device = this.#device;
    if (!isRedirect(code)) return false;
    device.tell(EVENTS.redirected);
    if (!device.env.plan.followReferences) return false;
    this.route ??= new Route(null, 0);
    const problem = this.route.follow(code, reference);
    if (problem !== null) device.tell(EVENTS.error, 0, 0, problem);
    return problem === null;
  }

  /** The broker has ended the connection: another device of the fleet took it, by coming with the same client id. */
  wasTakenOver(): boolean {
    const { ids } = this.#device.env;
    return ids?.wasTaken(this.identity.clientId, this.#idPlace, this.number) ?? false;
  }

  /** It has no connection any more that anybody could take. */
  releaseId(): void {
    if (this.#idPlace === NO_PLACE) return;
    this.#device.env.ids?.release(this.#idPlace, this.number);
    this.#idPlace = NO_PLACE;
  }

  /** The connection ended before the server had accepted it. */
  closed(failure: TransportFailure | null): void {
    this.fail(failureOfAttempt(this.#device.state, failure));
  }

  /** The attempt ended before its CONNACK was accepted. `redirected`: the next one goes to another server. */
  fail(reason: string, redirected: boolean = false, reaction: Reaction | null = null): void {
    const device = this.#device;
    if (!device.enter("failed")) return;
    device.abandon();
    device.tell(EVENTS.connectRefused, 0, 0, reason);
    device.part.tellAttempt(reason);
    // What this machine lacks is no failure of the device's.
    if (IS_REFUSED_HERE.has(reason)) this.#countAtReset++;
    // A server that names another one does not mean later.
    if (redirected) {
      this.#waitToOpen(0);
    } else {
      this.route?.failed(() => device.random());
      this.goOn(reason, reaction);
    }
  }

  /**
   * What comes after a failed attempt or a lost connection: a wait, a reboot, or nothing any more.
   *
   * @param reason its name
   * @param reaction what the server's reason leads to; null where the policy decides
   */
  goOn(reason: string, reaction: Reaction | null = null): void {
    const device = this.#device;
    const { darkMs } = device.part;
    // It starts up anew.
    if (darkMs > 0) this.resetRetries();
    const { failureLimit: limit, backoff } = device.env.plan;
    const hasEnough = limit !== null && this.count - this.#countAtReset >= limit.failures;
    if (reaction === "stop") {
      this.#stop(EVENTS.stopped, reason);
    } else if (hasEnough && limit.reboot === null) {
      this.#stop(EVENTS.gaveUp, reason);
    } else if (hasEnough && limit.reboot !== null) {
      this.#reboot(ownWaitMs(limit.reboot, device.random()));
    } else {
      const random = device.random();
      const policyMs = backoff(this.#retries, this.#previousDelayMs, random);
      this.#retries++;
      this.#previousDelayMs = policyMs;
      this.#waitToOpen(darkMs + (reaction === null ? policyMs : ownWaitMs(reaction, random)));
    }
  }

  /** The next wait is no shorter: a server asked for it. */
  waitAtLeast(ms: number): void {
    this.#leastWaitMs = Math.ceil(ms);
  }

  /** The flow may connect it again: somebody has come to look after it. */
  #stop(event: DeviceEvent, reason: string): void {
    const device = this.#device;
    device.enter("stop");
    this.resetRetries();
    this.#leastWaitMs = 0;
    device.tell(event, 0, 0, reason);
  }

  /** What it had in memory is gone: who it was told to be, where it was sent, and all of its session. It connects as soon as it is up. */
  #reboot(takesMs: number): void {
    const device = this.#device;
    const { regions } = device.env;
    this.#boots++;
    this.resetRetries();
    this.#leastWaitMs = 0;
    this.identity.forget();
    this.route = regions === null ? null : new Route(regions.failover, regions.home(device.number));
    device.forgetSession();
    device.tell(EVENTS.rebooted);
    this.#waitToOpen(takesMs);
  }

  #waitToOpen(delayMs: number): void {
    const leastMs = this.#leastWaitMs;
    this.#leastWaitMs = 0;
    this.clearTimer();
    this.#timer = this.#device.env.port.wakeToOpen(leastMs > delayMs ? leastMs : delayMs, this);
  }

  clearTimer(): void {
    if (this.#timer !== null) this.#device.env.port.cancel(this.#timer);
    this.#timer = null;
  }

  /** The back-off policy begins anew. */
  resetRetries(): void {
    this.#countAtReset = this.count;
    this.#retries = 0;
    this.#previousDelayMs = this.#device.env.plan.backoffBaseMs;
  }

  /** Credentials that do not come take the time of the connection too. */
  timedOut(): void {
    const { line, state, env } = this.#device;
    env.port.turns.begin();
    try {
      const reason = line.link === null ? "credentials_failed" : timeoutReason(state, this.#step);
      if (line.link === null) this.#device.tell(EVENTS.authFailure);
      this.fail(reason);
    } finally {
      env.port.turns.end();
    }
  }
}

const IS_REFUSED_HERE: ReadonlySet<string> = new Set(REFUSED_HERE);

function onConnectTimeout(attempt: Attempt): void {
  attempt.timedOut();
}

function eventOfStep(step: OpeningStep, resumed: boolean): DeviceEvent {
  if (step === "tcp") return EVENTS.tcpOpened;
  if (step === "websocket") return EVENTS.websocketOpened;
  return resumed ? EVENTS.tlsResumed : EVENTS.tlsFull;
}

function timeoutReason(state: DeviceState, step: OpeningStep): string {
  return state === "connecting" ? `${step}_timeout` : "connack_timeout";
}

/** Names where an attempt failed; design.md, "Measuring honestly", point 8. */
function failureOfAttempt(state: DeviceState, failure: TransportFailure | null): string {
  // TLS 1.3 tells a client that its certificate was refused only after the handshake: RFC 8446 section 4.4.2.4.
  if (state === "awaiting-connack" && failure !== "tls_alert") return "closed_before_connack";
  return failure ?? "tcp_reset";
}
