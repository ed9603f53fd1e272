import type { IConnackPacket } from "mqtt-packet";
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
    return this.#device.part.outage.powerCuts;
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
    this.scheduleNext();
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
    this.fail(refusal.reason, this.follow(refusal));
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

  /** The connection ended before the server had accepted it. */
  closed(failure: TransportFailure | null): void {
    this.fail(failureOfAttempt(this.#device.state, failure));
  }

  /** The attempt ended before its CONNACK was accepted. `redirected`: the next one goes to another server. */
  fail(reason: string, redirected: boolean = false): void {
    const device = this.#device;
    if (!device.enter("failed")) return;
    device.abandon();
    device.tell(EVENTS.connectRefused, 0, 0, reason);
    device.part.tellAttempt(reason);
    // A server that names another one does not mean later.
    if (redirected) {
      this.#waitToOpen(0);
    } else {
      this.route?.failed(() => device.random());
      this.scheduleNext();
    }
  }

  scheduleNext(): void {
    const device = this.#device;
    const { darkMs } = device.part;
    // It starts up anew.
    if (darkMs > 0) this.resetRetries();
    const delayMs = device.env.plan.backoff(this.#retries, this.#previousDelayMs, device.random());
    this.#retries++;
    this.#previousDelayMs = delayMs;
    this.#waitToOpen(darkMs + delayMs);
  }

  #waitToOpen(delayMs: number): void {
    this.clearTimer();
    this.#timer = this.#device.env.port.wakeToOpen(delayMs, this);
  }

  clearTimer(): void {
    if (this.#timer !== null) this.#device.env.port.cancel(this.#timer);
    this.#timer = null;
  }

  /** The back-off policy begins anew. */
  resetRetries(): void {
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
