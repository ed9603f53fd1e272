import { performance } from "node:perf_hooks";
import { type BackoffSpec, createBackoff } from "../../engine/src/device/backoff.ts";
import { Device } from "../../engine/src/device/device.ts";
import type {
  DeviceCredentials,
  DeviceEnvironment,
  DeviceEvents,
  DevicePlan,
  Time,
} from "../../engine/src/device/port.ts";
import type { RequestCall, RequestOutcome } from "../../engine/src/device/session/requests.ts";
import type { OperationDone, PublishCall } from "../../engine/src/device/session/session.ts";
import { Fleet } from "../../engine/src/live/fleet.ts";
import { hashRandom } from "../../engine/src/random.ts";
import { createCodec } from "../../engine/src/transport/codec.ts";
import { followEndpoints } from "../../engine/src/transport/endpoints.ts";
import { createTcp } from "../../engine/src/transport/tcp.ts";
import type { OpenTransport } from "../../engine/src/transport/transport.ts";

/** Real devices over real sockets with the real clock, as worker.ts makes them; only the recorder is simpler. */

const time: Time = {
  now: () => performance.now(),
  set: (delayMs, callback, device, argument) => setTimeout(callback, delayMs, device, argument),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Counts what happens to the devices of one fleet. */
export class RecordedEvents implements DeviceEvents {
  attempts = 0;
  /** When each attempt began, in the devices' time. */
  readonly attemptedAtMs: number[] = [];
  tcpOpens = 0;
  tlsFull = 0;
  tlsResumed = 0;
  websocketOpens = 0;
  accepted = 0;
  firstAccepted = 0;
  readonly refused: Record<string, number> = {};
  overloads = 0;
  redirections = 0;
  /** By storm, from the loss of the connection; 0 is no storm. */
  readonly reconnectMs: Record<number, number[]> = {};
  readonly readyMs: Record<number, number[]> = {};
  readonly disconnects: Record<string, number> = {};
  silences = 0;
  readonly detectionMs: Record<number, number[]> = {};
  subscribesSent = 0;
  subscribesSkipped = 0;
  subscribes = 0;
  publishesSent = 0;
  publishesAcknowledged = 0;
  publishesReceived = 0;
  requests = 0;
  responses = 0;
  requestTimeouts = 0;
  rejections = 0;
  lateResponses = 0;
  stormConnects = 0;
  stormRequests = 0;
  stormBacks = 0;
  readonly errors: Record<string, number> = {};
  sentBytes = 0;
  receivedBytes = 0;

  connectAttempt(): void {
    this.attempts++;
    this.attemptedAtMs.push(time.now());
  }
  tcpOpened(): void {
    this.tcpOpens++;
  }
  tlsOpened(_cohort: number, _ms: number, resumed: boolean): void {
    if (resumed) this.tlsResumed++;
    else this.tlsFull++;
  }
  websocketOpened(): void {
    this.websocketOpens++;
  }
  connectAccepted(_cohort: number, _storm: number, _ms: number, _connackMs: number, first: boolean): void {
    this.accepted++;
    if (first) this.firstAccepted++;
  }
  connectRefused(_cohort: number, reason: string): void {
    count(this.refused, reason);
  }
  connectOverload(): void {
    this.overloads++;
  }
  redirected(): void {
    this.redirections++;
  }
  serverDisconnected(_cohort: number, reason: string): void {
    count(this.errors, `disconnect.${reason}`);
  }
  reconnected(_cohort: number, storm: number, ms: number): void {
    this.reconnectMs[storm] ??= [];
    this.reconnectMs[storm].push(ms);
  }
  becameReady(_cohort: number, storm: number, ms: number | null): void {
    if (ms === null) return;
    this.readyMs[storm] ??= [];
    this.readyMs[storm].push(ms);
  }
  disconnected(_cohort: number, cause: string): void {
    count(this.disconnects, cause);
  }
  silenced(): void {
    this.silences++;
  }
  silenceOver(_cohort: number, storm: number, cause: string, ms: number | null): void {
    count(this.disconnects, cause);
    if (ms === null) return;
    this.detectionMs[storm] ??= [];
    this.detectionMs[storm].push(ms);
  }
  subscribeSent(): void {
    this.subscribesSent++;
  }
  subscribeSkipped(): void {
    this.subscribesSkipped++;
  }
  subscribed(): void {
    this.subscribes++;
  }
  publishSent(): void {
    this.publishesSent++;
  }
  publishAcknowledged(): void {
    this.publishesAcknowledged++;
  }
  publishReceived(): void {
    this.publishesReceived++;
  }
  configRequest(): void {
    this.requests++;
  }
  configResponse(): void {
    this.responses++;
  }
  configTimeout(): void {
    this.requestTimeouts++;
  }
  configRejected(): void {
    this.rejections++;
  }
  stormConnect(): void {
    this.stormConnects++;
  }
  stormRequest(): void {
    this.stormRequests++;
  }
  stormBack(): void {
    this.stormBacks++;
  }
  lateResponse(): void {
    this.lateResponses++;
  }
  error(_cohort: number, name: string): void {
    count(this.errors, name);
  }
  bytesSent(_cohort: number, bytes: number): void {
    this.sentBytes += bytes;
  }
  bytesReceived(_cohort: number, bytes: number): void {
    this.receivedBytes += bytes;
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

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
  /** Nothing unless given: a device is then ready as soon as it is connected. */
  bootstrap?: (device: Device, done: OperationDone) => void;
}

export class DeviceFleet {
  readonly events = new RecordedEvents();
  readonly devices: Device[];
  readonly #fleet = new Fleet(true, time.now);

  constructor(options: DeviceFleetOptions) {
    const { port, protocolVersion = 4, devices = 1, clientIds = "device-", credentials = {} } = options;
    const backoff = options.backoff ?? { policy: "full-jitter", baseMs: 50, capMs: 400 };
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
        maxPacketBytes: 1_048_576,
        receiveMaximum: 65_535,
        topicAliasMaximum: 0,
        followReferences: false,
        ...options.plan,
      },
      time,
      open: options.open ?? followEndpoints(createTcp("127.0.0.1", port), createTcp, port),
      codec: createCodec(protocolVersion),
      events: this.events,
      losses: { watch: null },
      random: (device, draw) => hashRandom(42, device, draw),
      bootstrap: options.bootstrap ?? ((_device, done) => done(null)),
    };
    this.devices = Array.from({ length: devices }, (_, number) => {
      const identity = { clientId: `${clientIds}${number}`, username: null, password: null, ...credentials };
      const device = new Device(number, identity, environment, this);
      this.#fleet.add({ device, cohort: 0 });
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
        `${this.ready} of ${this.devices.length} devices are ready; refused ${JSON.stringify(this.events.refused)}`,
    );
    return this;
  }

  /** One storm over the whole fleet, in one synchronous pass; returns how many devices it disconnected. */
  storm(cause: "reset" | "close" | "disconnect", storm: number): number {
    return this.devices.filter((device) => !Number.isNaN(device.drop(cause, storm))).length;
  }

  end(): void {
    for (const device of this.devices) device.end("ended");
    this.#fleet.stop();
  }
}

// ---- operations of a device as promises of their outcome: null, or the name of a failure ------------------------------

export function subscribe(device: Device, filters: string[], qos: 0 | 1 | 2 = 0): Promise<string | null> {
  return new Promise((resolve) => device.subscribe(filters, qos, false, resolve));
}

export function unsubscribe(device: Device, filters: string[]): Promise<string | null> {
  return new Promise((resolve) => device.unsubscribe(filters, resolve));
}

export function publish(
  device: Device,
  topic: string,
  payload: string,
  call: Partial<PublishCall> = {},
): Promise<string | null> {
  return new Promise((resolve) =>
    device.publish({ topic, payload, qos: 0, retain: false, ...call }, resolve),
  );
}

export function request(
  device: Device,
  call: Pick<RequestCall, "topic" | "payload" | "responseTopic" | "correlation"> & Partial<RequestCall>,
): Promise<{ outcome: RequestOutcome; answer: string | null }> {
  return new Promise((resolve) =>
    device.request({
      qos: 1,
      rejectedTopic: null,
      listen: [call.responseTopic],
      requestId: device.nextRequestId(),
      timeoutMs: 5000,
      ...call,
      settled: (outcome, answer) => resolve({ outcome, answer }),
    }),
  );
}

// ---- waiting --------------------------------------------------------------------------------------------------------

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until `check` holds; throws with `what` when it does not within `withinMs`. */
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
