import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import type { Time } from "../port.ts";

/** The flood is in when nothing more of it has come for so long. */
export const FLOOD_SILENCE_MS = 1000;

/** What waited for a device at its broker, from a CONNACK on: queued messages, which were sent before it, and retained ones. */
export class Flood {
  readonly device: Device;
  /** The storm that had disconnected the device; 0 for none. */
  readonly storm: number;
  readonly connackAtMs: number;
  lastMs: number = Number.NaN;
  /** Its time was told: what comes after that is counted, and takes no more time. */
  isIn = false;

  constructor(device: Device, storm: number) {
    this.device = device;
    this.storm = storm;
    this.connackAtMs = device.onlineSinceMs;
  }
}

/** Those that are still coming in: one timer for all of a worker. */
export class Floods {
  readonly #time: Time;
  readonly #open = new Set<Flood>();
  #timer: object | null = null;

  constructor(time: Time) {
    this.#time = time;
  }

  heard(flood: Flood): void {
    if (flood.isIn) return;
    flood.lastMs = this.#time.now();
    this.#open.add(flood);
    this.#timer ??= this.#arm();
  }

  end(flood: Flood): void {
    if (!this.#open.delete(flood)) return;
    const { device, storm, connackAtMs, lastMs } = flood;
    flood.isIn = true;
    device.tell(EVENTS.floodIn, storm, lastMs - connackAtMs);
  }

  endAll(): void {
    for (const flood of [...this.#open]) this.end(flood);
    if (this.#timer !== null) this.#time.cancel(this.#timer);
    this.#timer = null;
  }

  #arm(): object {
    return this.#time.wakeIdle(FLOOD_SILENCE_MS / 2, onLook, this, undefined);
  }

  look(): void {
    const silentSinceMs = this.#time.now() - FLOOD_SILENCE_MS;
    for (const flood of [...this.#open]) if (flood.lastMs <= silentSinceMs) this.end(flood);
    this.#timer = this.#open.size > 0 ? this.#arm() : null;
  }
}

function onLook(floods: Floods): void {
  floods.look();
}
