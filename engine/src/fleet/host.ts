import type { Attempt } from "../device/attempt.ts";
import type { Device } from "../device/device.ts";
import type { DeviceEvent, Subject, Tell } from "../device/events.ts";
import { call, type Link, type Port, type Time } from "../device/port.ts";
import { isOfScript } from "../device/script-failures.ts";
import { Turns, type Waiter } from "../device/turns.ts";
import { hashRandom } from "../random.ts";
import type { Regions } from "../region/regions.ts";
import type { LossWatch } from "../storm/loss-watch.ts";

export interface HostOptions {
  time: Time;
  seed: number;
  /** Hears of everything that happens. */
  recorder: { tell: Tell };
  /** Null where the script has one target. */
  regions: Pick<Regions, "counts" | "loads"> | null;
}

/** Who waits for devices to be ready, and looks at them while they are online. */
export interface ReadyWatch {
  ready(device: Device): void;
  ended(device: Device, reason: string): void;
  lookAt(device: Device, inMs: number): void;
}

/** Whoever runs the flows of devices. */
export interface FlowWatch {
  /** Is told, after this turn, that the device's own script failed. */
  flowOf(device: Device): Waiter;
}

/** The host of a worker's devices: clock, recorder and whoever watches. What a connection is, is its heirs' business. */
export abstract class Host implements Port {
  readonly turns: Turns = new Turns((act) => void this.#time.wake(0, call, act, undefined));
  /** Set while a storm watches for losses; null otherwise. */
  watch: LossWatch | null = null;
  /** Instants of storms, by number. */
  readonly #storms: number[] = [];
  /** Set by the fleet. */
  fleet: ReadyWatch | null = null;
  /** Set by whoever runs flows. */
  flows: FlowWatch | null = null;
  readonly #time: Time;
  readonly #seed: number;
  readonly #recorder: HostOptions["recorder"];
  readonly #regions: HostOptions["regions"];

  constructor({ time, seed, recorder, regions }: HostOptions) {
    this.#time = time;
    this.#seed = seed;
    this.#recorder = recorder;
    this.#regions = regions;
  }

  abstract open(device: Device): Link;

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
    return this.#time.wake(delayMs, start, attempt, undefined);
  }

  cancel(timer: object): void {
    this.#time.cancel(timer);
  }

  random(deviceNumber: number, draw: number): number {
    return hashRandom(this.#seed, deviceNumber, draw);
  }

  tell(event: DeviceEvent, subject: Subject, storm: number, value: number | null, name: string): void {
    this.#recorder.tell(event, subject, storm, value, name);
    if (this.#regions === null) return;
    if (event.region !== null) this.#regions.counts.count(subject.region, event.region);
    if (event.load !== null) this.#regions.loads.count(subject.region, event.load);
  }

  lookAt(device: Device, inMs: number): void {
    this.fleet?.lookAt(device, inMs);
  }

  lost(device: Device, nowMs: number): number | null {
    return this.watch === null ? null : this.watch.lost(device, nowMs);
  }

  stormBegan(storm: number, atMs: number): void {
    this.#storms[storm] = atMs;
  }

  stormBeganMs(storm: number): number | null {
    return this.#storms[storm] ?? null;
  }

  ready(device: Device, nowMs: number): void {
    this.watch?.ready(device, nowMs);
    this.fleet?.ready(device);
  }

  ended(device: Device, reason: string): void {
    this.fleet?.ended(device, reason);
    if (this.flows !== null && isOfScript(reason)) this.turns.settle(this.flows.flowOf(device), reason);
  }
}

function start(attempt: Attempt): void {
  attempt.start();
}
