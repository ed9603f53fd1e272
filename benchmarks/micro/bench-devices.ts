import { Recorder } from "../../engine/src/capture/recorder.ts";
import { createBackoff } from "../../engine/src/device/backoff.ts";
import { Device } from "../../engine/src/device/device.ts";
import type { DeviceEnvironment, Time } from "../../engine/src/device/port.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import { LiveHost } from "../../engine/src/live/host.ts";
import type { Transport, TransportListener } from "../../engine/src/transport/transport.ts";

/** Devices over a transport that does nothing, with a clock that fires when it is told to: what is left is the engine's own work. */

const CONNACK = { 4: Buffer.from([0x20, 2, 0, 0]), 5: Buffer.from([0x20, 3, 0, 0, 0]) };

/** Accepts everything and sends nothing anywhere: what is left is the engine's own work. */
const transport: Transport = { unsentBytes: 0, write: () => {}, close: () => {}, reset: () => {} };

class HeldTimer {
  /** Is null once cleared. */
  call: (() => void) | null = null;
}

/** Timers are kept, and called by `fire`, in the order in which they were set. */
export class HeldTime implements Time {
  #held: HeldTimer[] = [];
  now(): number {
    return performance.now();
  }
  wake<T, A>(_delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object {
    const timer = new HeldTimer();
    timer.call = () => callback(target, argument);
    this.#held.push(timer);
    return timer;
  }
  wakeIdle<T, A>(
    delayMs: number,
    callback: (target: T, argument: A) => void,
    target: T,
    argument: A,
  ): object {
    return this.wake(delayMs, callback, target, argument);
  }
  cancel(timer: object): void {
    (timer as HeldTimer).call = null;
  }
  fire(): void {
    const held = this.#held;
    this.#held = [];
    for (const { call } of held) call?.();
  }
}

/** Its window stays open. */
export const STORM = 1;

export interface BenchDevices {
  time: HeldTime;
  recorder: Recorder;
  devices: Device[];
  /** The first connection of each device, as the broker sees it. */
  connections: TransportListener[];
  /** Accepts whoever connects; how many did. */
  accept(): number;
}

/** They are ready, and a storm's window is open. */
export function readyDevices(
  count: number,
  {
    protocolVersion = 4,
    messages = null,
  }: { protocolVersion?: 4 | 5; messages?: DeviceEnvironment["messages"] } = {},
): BenchDevices {
  const time = new HeldTime();
  const opened: TransportListener[] = [];
  const connections: TransportListener[] = [];
  const recorder = new Recorder(
    ["devices"],
    { emit: () => {} },
    () => performance.timeOrigin + performance.now(),
    undefined,
    messages !== null,
  );
  recorder.storms.begin(STORM);
  const host = new LiveHost({
    time,
    seed: 42,
    recorder,
    regions: null,
    maxPacketBytes: 1 << 20,
    partings: null,
    halfOpen: null,
    openings: null,
  });
  host.openers.push((listener) => {
    opened.push(listener);
    if (connections.length < count) connections.push(listener);
    return transport;
  });
  const backoff = createBackoff({ policy: "full-jitter", baseMs: 1000, capMs: 30_000 });
  const environment: DeviceEnvironment = {
    plan: {
      cohort: 0,
      protocolVersion,
      keepaliveMs: 60_000,
      connectTimeoutMs: 10_000,
      ackTimeoutMs: 20_000,
      clean: true,
      sessionExpiryS: 0,
      resubscribe: "auto",
      backoff,
      backoffBaseMs: 1000,
      resetAfter: "ready",
      reactions: null,
      failureLimit: null,
      maxPacketBytes: 1 << 20,
      receiveMaximum: 65_535,
      topicAliasMaximum: 0,
      followReferences: false,
    },
    port: host,
    program: [],
    telemetry: [],
    reactions: NO_REACTIONS,
    regions: null,
    messages,
    ids: null,
  };
  const devices = Array.from({ length: count }, (_, number) => {
    const clientId = `device-${String(number).padStart(6, "0")}`;
    return new Device(number, { clientId, username: null, password: null }, environment, environment);
  });
  for (const device of devices) device.connect();
  const accept = (): number => {
    const connecting = opened.splice(0);
    for (const listener of connecting) {
      listener.onOpen();
      listener.onBytes(CONNACK[protocolVersion]);
    }
    return connecting.length;
  };
  accept();
  if (!devices.every(({ state }) => state === "ready"))
    throw new Error("a device of the benchmark is not ready");
  return { time, recorder, devices, connections, accept };
}
