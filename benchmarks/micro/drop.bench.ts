import { Recorder } from "../../engine/src/capture/recorder.ts";
import { createBackoff } from "../../engine/src/device/backoff.ts";
import { Device } from "../../engine/src/device/device.ts";
import type { DeviceEnvironment, Time } from "../../engine/src/device/port.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import { LiveHost } from "../../engine/src/live/host.ts";
import type { Transport, TransportListener } from "../../engine/src/transport/transport.ts";
import type { Scale, SyncCase, Table } from "./suite.ts";

/** Its window stays open. */
const STORM = 1;
const CONNACK = Buffer.from([0x20, 2, 0, 0]);

/** Accepts everything and sends nothing anywhere: what is left is the engine's own work. */
const transport: Transport = { unsentBytes: 0, write: () => {}, close: () => {}, reset: () => {} };

class HeldTimer {
  /** Is null once cleared. */
  call: (() => void) | null = null;
}

/** Timers are kept, and called by `fire`, in the order in which they were set. */
class HeldTime implements Time {
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

interface BenchFleet {
  /** Every device that waits in back-off connects, and is accepted; how many did. */
  reconnect(): number;
  /** Drops every device as a storm does, and tells the recorder. Returns how many were online. */
  drop(): number;
  /** The lines of the timeline that a flush would take every 2 s do not pile up. */
  flush(): void;
}

function fleetOf(count: number): BenchFleet {
  const time = new HeldTime();
  const opened: TransportListener[] = [];
  const events = new Recorder(
    ["devices"],
    { emit: () => {} },
    () => performance.timeOrigin + performance.now(),
  );
  events.storms.begin(STORM);
  const host = new LiveHost({
    time,
    seed: 42,
    recorder: events,
    regions: null,
    maxPacketBytes: 1 << 20,
    partings: null,
    halfOpen: null,
    openings: null,
  });
  host.openers.push((listener) => {
    opened.push(listener);
    return transport;
  });
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
    messages: null,
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
      listener.onBytes(CONNACK);
    }
    return connecting.length;
  };
  accept();
  if (!devices.every(({ state }) => state === "ready"))
    throw new Error("a device of the benchmark is not ready");
  return {
    reconnect: () => {
      time.fire();
      return accept();
    },
    drop: () => {
      const startedMs = performance.now();
      let dropped = 0;
      for (const device of devices) {
        const lostAtMs = device.part.drop("reset", STORM);
        if (lostAtMs === null) continue;
        events.storms.dropped(0, STORM, lostAtMs - startedMs);
        dropped++;
      }
      return dropped;
    },
    flush: () => void events.timeline.take(),
  };
}

/** A case whose every run must concern all devices: what it does not do costs nothing, and must not look fast. */
function ofAll(name: string, count: number, prepare: () => void, operation: () => number): SyncCase {
  return {
    name,
    operations: count,
    prepare,
    run: () => {
      const done = operation();
      if (done !== count) throw new Error(`${name}: ${done} devices of ${count}`);
      return done;
    },
  };
}

export function tables({ devices: count }: Scale): Table[] {
  const dropped = fleetOf(count);
  const back = fleetOf(count);
  dropped.drop();
  return [
    {
      title: `drop ${count} devices`,
      operation: "device",
      cases: [
        ofAll(
          "engine: drop and schedule the reconnect",
          count,
          () => {
            dropped.reconnect();
            dropped.flush();
          },
          dropped.drop,
        ),
        ofAll(
          "engine: reconnect, CONNECT to ready",
          count,
          () => {
            back.drop();
            back.flush();
          },
          back.reconnect,
        ),
      ],
    },
  ];
}
