import type { Attempt } from "../device/attempt.ts";
import type { Device } from "../device/device.ts";
import { type DeviceEvent, EVENTS, type Subject, type Tell } from "../device/events.ts";
import { call, type Link, type Port, type Time } from "../device/port.ts";
import { Turns } from "../device/turns.ts";
import { hashRandom } from "../random.ts";
import type { Regions } from "../region/regions.ts";
import type { LossWatch } from "../storm/loss-watch.ts";
import { Connection, type Wire } from "../transport/connection.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { Openings } from "./openings.ts";
import type { Partings } from "./partings.ts";

export interface LiveHostOptions {
  time: Time;
  seed: number;
  /** Hears of everything that happens. */
  recorder: { tell: Tell };
  /** Null where the script has one target. */
  regions: Pick<Regions, "counts" | "loads"> | null;
  wire: Pick<Wire<Device>, "codec" | "maxPacketBytes">;
  /** Null where a device ends its connection itself at once, when it has said DISCONNECT. */
  partings: Partings | null;
  /** Null where everything that is due is opened at once. */
  openings: Openings | null;
}

/** Who waits for devices to be ready. */
export interface ReadyWatch {
  ready(device: Device): void;
  ended(device: Device, reason: string): void;
}

/** The host of a worker's devices in a real run: sockets, the clock of the process, and the recorder. */
export class LiveHost implements Port {
  readonly turns: Turns = new Turns((act) => void this.#time.wake(0, call, act, undefined));
  /** Set while a storm watches for losses; null otherwise. */
  watch: LossWatch | null = null;
  /** Set by the fleet. */
  fleet: ReadyWatch | null = null;
  /** What opens the connections of devices, by cohort. */
  readonly openers: OpenTransport[] = [];
  readonly #time: Time;
  readonly #seed: number;
  readonly #recorder: LiveHostOptions["recorder"];
  readonly #regions: LiveHostOptions["regions"];
  readonly #wire: Wire<Device>;
  readonly #partings: Partings | null;
  readonly #openings: Openings | null;

  constructor({ time, seed, recorder, regions, wire, partings, openings }: LiveHostOptions) {
    this.#time = time;
    this.#seed = seed;
    this.#recorder = recorder;
    this.#regions = regions;
    this.#partings = partings;
    this.#openings = openings;
    this.#wire = {
      ...wire,
      partings,
      sent: (device, bytes) => recorder.tell(EVENTS.bytesSent, device, 0, bytes, ""),
      received: (device, bytes) => recorder.tell(EVENTS.bytesReceived, device, 0, bytes, ""),
    };
  }

  now(): number {
    return this.#time.now();
  }

  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object {
    return this.#time.wake(delayMs, callback, target, argument);
  }

  wakeIdle<T, A>(
    delayMs: number,
    callback: (target: T, argument: A) => void,
    target: T,
    argument: A,
  ): object {
    return this.#time.wakeIdle(delayMs, callback, target, argument);
  }

  wakeToOpen(delayMs: number, attempt: Attempt): object {
    return this.#openings === null
      ? this.#time.wake(delayMs, start, attempt, undefined)
      : this.#time.wake(delayMs, letGo, this.#openings, attempt);
  }

  cancel(timer: object): void {
    this.#time.cancel(timer);
  }

  random(deviceNumber: number, draw: number): number {
    return hashRandom(this.#seed, deviceNumber, draw);
  }

  open(device: Device): Link {
    const open = this.openers[device.cohort];
    if (open === undefined) throw new RangeError(`cohort ${device.cohort} has no opener`);
    this.#partings?.endOf(device);
    const connection = new Connection(device, this.#wire);
    return connection.over(open(connection, device.attempt));
  }

  tell(event: DeviceEvent, subject: Subject, storm: number, value: number | null, name: string): void {
    this.#recorder.tell(event, subject, storm, value, name);
    if (this.#regions === null) return;
    if (event.region !== null) this.#regions.counts.count(subject.region, event.region);
    if (event.load !== null) this.#regions.loads.count(subject.region, event.load);
  }

  lost(device: Device, nowMs: number): number | null {
    return this.watch === null ? null : this.watch.lost(device, nowMs);
  }

  ready(device: Device, nowMs: number): void {
    this.watch?.ready(device, nowMs);
    this.fleet?.ready(device);
  }

  ended(device: Device, reason: string): void {
    this.fleet?.ended(device, reason);
  }
}

function start(attempt: Attempt): void {
  attempt.start();
}

function letGo(openings: Openings, attempt: Attempt): void {
  openings.due(attempt);
}
