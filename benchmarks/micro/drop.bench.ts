import { Recorder } from "../../engine/src/capture/recorder.ts";
import { createBackoff } from "../../engine/src/device/backoff.ts";
import { Device } from "../../engine/src/device/device.ts";
import type { DeviceEnvironment, Time } from "../../engine/src/device/environment.ts";
import { hashRandom } from "../../engine/src/device/random.ts";
import { createCodec } from "../../engine/src/transport/codec.ts";
import type { Transport, TransportListener } from "../../engine/src/transport/transport.ts";
import type { Scale, Table } from "./suite.ts";

const CONNACK = Buffer.from([0x20, 2, 0, 0]);

/** Accepts everything and sends nothing anywhere: what is left is the engine's own work. */
const transport: Transport = { write: () => {}, close: () => {}, reset: () => {} };

/** Callbacks are kept, and called by `fire`, in order. */
class HeldTime implements Time {
  #held = new Map<object, () => void>();
  now(): number {
    return performance.now();
  }
  set<T, A>(_delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object {
    const timer = {};
    this.#held.set(timer, () => callback(target, argument));
    return timer;
  }
  clear(timer: object): void {
    this.#held.delete(timer);
  }
  fire(): void {
    const due = this.#held;
    this.#held = new Map();
    for (const callback of due.values()) callback();
  }
}

interface BenchFleet {
  devices: Device[];
  /** Every device that waits in back-off connects, and is accepted. */
  reconnect(): void;
}

function fleetOf(count: number): BenchFleet {
  const time = new HeldTime();
  const opened: TransportListener[] = [];
  const backoff = createBackoff({ policy: "full-jitter", baseMs: 1000, capMs: 30_000 });
  const environment: DeviceEnvironment = {
    plan: {
      cohort: 0,
      protocolVersion: 4,
      keepaliveMs: 60_000,
      connectTimeoutMs: 10_000,
      ackTimeoutMs: 20_000,
      clean: true,
      sessionExpiryS: 0,
      resubscribe: "auto",
      backoff,
      backoffBaseMs: 1000,
      resetAfter: "ready",
      maxPacketBytes: 1 << 20,
      receiveMaximum: 65_535,
      topicAliasMaximum: 0,
      followReferences: false,
    },
    time,
    open: (listener) => {
      opened.push(listener);
      return transport;
    },
    codec: createCodec(4),
    losses: { watch: null },
    events: new Recorder(["devices"], { emit: () => {} }, () => performance.timeOrigin + performance.now()),
    random: (device, draw) => hashRandom(42, device, draw),
    bootstrap: (_, done) => done(null),
  };
  const devices = Array.from({ length: count }, (_, number) => {
    const clientId = `device-${String(number).padStart(6, "0")}`;
    return new Device(number, { clientId, username: null, password: null }, environment, environment);
  });
  for (const device of devices) device.connect();
  const accept = (): void => {
    for (const listener of opened.splice(0)) {
      listener.onOpen();
      listener.onBytes(CONNACK);
    }
  };
  accept();
  return {
    devices,
    reconnect: () => {
      time.fire();
      accept();
    },
  };
}

export function tables({ devices: count }: Scale): Table[] {
  const dropped = fleetOf(count);
  const back = fleetOf(count);
  const drop = ({ devices }: BenchFleet): number => {
    let sum = 0;
    for (const device of devices) sum += device.drop("reset", 1);
    return sum;
  };
  return [
    {
      title: `drop ${count} devices`,
      operation: "device",
      cases: [
        {
          name: "engine: drop and schedule the reconnect",
          operations: count,
          prepare: () => dropped.reconnect(),
          run: () => drop(dropped),
        },
        {
          name: "engine: reconnect, CONNECT to ready",
          operations: count,
          prepare: () => void drop(back),
          run: () => {
            back.reconnect();
            return count;
          },
        },
      ],
    },
  ];
}
