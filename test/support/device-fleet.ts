import { type BackoffSpec, createBackoff } from "../../engine/src/device/backoff.ts";
import type { DeviceCredentials } from "../../engine/src/device/credentials.ts";
import { Device } from "../../engine/src/device/device.ts";
import { EVENTS } from "../../engine/src/device/events.ts";
import type { DevicePlan } from "../../engine/src/device/plan.ts";
import type { DeviceEnvironment } from "../../engine/src/device/port.ts";
import type { Operation } from "../../engine/src/device/program.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import type { RequestCall, RequestOutcome } from "../../engine/src/device/session/requests.ts";
import type { PublishCall } from "../../engine/src/device/session/session.ts";
import { Fleet } from "../../engine/src/fleet/fleet.ts";
import { time } from "../../engine/src/live/clock.ts";
import { HalfOpen } from "../../engine/src/live/half-open.ts";
import { LiveHost } from "../../engine/src/live/host.ts";
import { Openings } from "../../engine/src/live/openings.ts";
import { Partings } from "../../engine/src/live/partings.ts";
import { followEndpoints } from "../../engine/src/transport/endpoints.ts";
import { readPortPool } from "../../engine/src/transport/host-limits.ts";
import { anyAddress } from "../../engine/src/transport/local-end.ts";
import { createTcp, type TcpKind } from "../../engine/src/transport/tcp.ts";
import type { OpenTransport } from "../../engine/src/transport/transport.ts";
import { ToldEvents } from "./told-events.ts";

/** Real devices over real sockets with the real clock, on the host of a run; only the recorder is simpler. */

/** What the fleets of a test connect over, unless they say it themselves. */
export const tcpUnderTest: { kind: TcpKind } = { kind: "handle" };

/** As in a run: the port of a connection is drawn where that is possible. */
const LOCAL = anyAddress(readPortPool());

export interface DeviceFleetOptions {
  port: number;
  /** TCP to `port` unless given. */
  open?: OpenTransport;
  protocolVersion?: 4 | 5;
  /** 1 unless given. */
  devices?: number;
  /** Client ids are this and the device's number. */
  clientIds?: string;
  credentials?: Partial<DeviceCredentials>;
  plan?: Partial<DevicePlan>;
  backoff?: BackoffSpec;
  /** Half-open connections that are kept at one time; all unless given. */
  mostHalfOpen?: number;
  /** Nothing unless given: a device is then ready as soon as it is connected. */
  bootstrap?: Operation["begin"];
  /** None unless given. */
  telemetry?: DeviceEnvironment["telemetry"];
  reactions?: DeviceEnvironment["reactions"];
  /** Publications are not tracked unless given. */
  messages?: DeviceEnvironment["messages"];
  /** Nobody follows their client ids unless given. */
  ids?: DeviceEnvironment["ids"];
  /** The owner of each device; the fleet unless given. */
  owner?: (number: number) => object;
}

export class DeviceFleet {
  readonly events = new ToldEvents();
  /** When each attempt began, in the devices' time. */
  readonly attemptedAtMs: number[] = [];
  readonly devices: Device[];
  readonly halfOpen: HalfOpen;
  /** Half-open connections that were ended from this side. */
  letGo = 0;
  readonly #fleet: Fleet;

  constructor(options: DeviceFleetOptions) {
    const { port, protocolVersion = 4, devices = 1, clientIds = "device-", credentials = {} } = options;
    const backoff = options.backoff ?? { policy: "full-jitter", baseMs: 50, capMs: 400 };
    const maxPacketBytes = options.plan?.maxPacketBytes ?? 1_048_576;
    this.halfOpen = new HalfOpen({
      time,
      most: options.mostHalfOpen ?? Number.POSITIVE_INFINITY,
      letGo: () => this.letGo++,
    });
    const host = new LiveHost({
      time,
      seed: 42,
      recorder: {
        tell: (...event) => {
          this.events.tell(...event);
          if (event[0] === EVENTS.connectAttempt) this.attemptedAtMs.push(time.now());
        },
      },
      regions: null,
      maxPacketBytes,
      partings: new Partings(time),
      halfOpen: this.halfOpen,
      openings: new Openings(setImmediate),
    });
    const { kind } = tcpUnderTest;
    const openTo = (address: string, other: number): OpenTransport => createTcp(address, other, LOCAL, kind);
    host.openers.push(options.open ?? followEndpoints(openTo("127.0.0.1", port), openTo, port));
    this.#fleet = new Fleet({ hasPlanEnd: true, time });
    host.fleet = this.#fleet;
    const environment: DeviceEnvironment = {
      plan: {
        cohort: 0,
        protocolVersion,
        keepaliveMs: 60_000,
        connectTimeoutMs: 5000,
        ackTimeoutMs: 5000,
        clean: true,
        sessionExpiryS: 0,
        resubscribe: "auto",
        backoff: createBackoff(backoff),
        backoffBaseMs: "baseMs" in backoff ? backoff.baseMs : 0,
        resetAfter: "ready",
        reactions: null,
        failureLimit: null,
        maxPacketBytes,
        receiveMaximum: 65_535,
        topicAliasMaximum: 0,
        followReferences: false,
        ...options.plan,
      },
      port: host,
      telemetry: options.telemetry ?? [],
      reactions: options.reactions ?? NO_REACTIONS,
      program: options.bootstrap === undefined ? [] : [{ begin: options.bootstrap }],
      regions: null,
      messages: options.messages ?? null,
      ids: options.ids ?? null,
    };
    this.devices = Array.from({ length: devices }, (_, number) => {
      const identity = { clientId: `${clientIds}${number}`, username: null, password: null, ...credentials };
      const device = new Device(number, identity, environment, options.owner?.(number) ?? this);
      this.#fleet.add(device);
      return device;
    });
  }

  /** The only device, or the first. */
  get device(): Device {
    return this.devices[0] as Device;
  }

  get ready(): number {
    return this.devices.filter(({ state }) => state === "ready").length;
  }

  connect(): this {
    for (const device of this.devices) device.connect();
    return this;
  }

  async allReady(withinMs = 10_000): Promise<this> {
    await eventually(
      () => this.ready === this.devices.length,
      withinMs,
      () =>
        `${this.ready} of ${this.devices.length} devices are ready; refused ${JSON.stringify(this.events.names.connectRefused)}`,
    );
    return this;
  }

  /** One storm over the whole fleet, in one synchronous pass; returns how many devices it disconnected. */
  storm(cause: "reset" | "close" | "disconnect", storm: number): number {
    return this.devices.filter((device) => device.part.drop(cause, storm) !== null).length;
  }

  end(): void {
    for (const device of this.devices) device.end("ended");
    this.#fleet.stop();
    this.halfOpen.reset();
  }
}

// ---- operations of a device as promises of their outcome: null, or the name of a failure ------------------------------

export function subscribe(device: Device, filters: string[], qos: 0 | 1 | 2 = 0): Promise<string | null> {
  return new Promise((settled) => device.exchange.subscribe(filters, qos, false, { settled }));
}

export function unsubscribe(device: Device, filters: string[]): Promise<string | null> {
  return new Promise((settled) => device.exchange.unsubscribe(filters, { settled }));
}

export function publish(
  device: Device,
  topic: string,
  payload: PublishCall["payload"],
  call: Partial<PublishCall> = {},
): Promise<string | null> {
  return new Promise((settled) =>
    device.exchange.publish({ topic, payload, qos: 0, retain: false, ...call }, { settled }),
  );
}

export function request(
  device: Device,
  call: Pick<RequestCall, "topic" | "payload" | "responseTopic" | "correlation"> & Partial<RequestCall>,
): Promise<{ outcome: RequestOutcome; answer: string | null }> {
  return new Promise((resolve) =>
    device.exchange.request({
      qos: 1,
      rejectedTopic: null,
      listen: [call.responseTopic],
      requestId: device.nextRequestId(),
      timeoutMs: 5000,
      ...call,
      asker: { answered: (outcome, answer) => resolve({ outcome, answer }) },
    }),
  );
}

// ---- waiting --------------------------------------------------------------------------------------------------------

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `check` holds; throws with `what` when it does not within `withinMs`. */
export async function eventually(
  check: () => boolean,
  withinMs = 5000,
  what: () => string = () => `not within ${withinMs} ms: ${check}`,
): Promise<void> {
  const until = time.now() + withinMs;
  while (!check()) {
    if (time.now() > until) throw new Error(what());
    await pause(10);
  }
}
