import type { Device } from "../device/device.ts";

/** Takes one device when its time has come. */
export type TakeOne = (device: Device, dueMs: number) => void;

/** A device, and when it is taken. */
export interface DrainEntry {
  readonly device: Device;
  readonly dueMs: number;
}

/** A storm that takes its devices one after the other, evenly over a time, in the order of their keys. */
export class Drain {
  readonly #keys: Float64Array;
  readonly #fromMs: number;
  readonly #overMs: number;
  readonly #take: TakeOne;
  #isStopped = false;

  /**
   * @param keys of all devices of the fleet that it takes, in order
   * @param fromMs monotonic milliseconds, as are all times here
   */
  constructor(keys: Float64Array, fromMs: number, overMs: number, take: TakeOne) {
    this.#keys = keys;
    this.#fromMs = fromMs;
    this.#overMs = overMs;
    this.#take = take;
  }

  /** One that it takes: the first at once, the last one step before the end. */
  add(device: Device, key: number): DrainEntry {
    const dueMs = this.#fromMs + (this.#overMs * placeOf(this.#keys, key)) / this.#keys.length;
    return { device, dueMs };
  }

  /** Its time has come. */
  take({ device, dueMs }: DrainEntry): void {
    if (!this.#isStopped) this.#take(device, dueMs);
  }

  stop(): void {
    this.#isStopped = true;
  }
}

/** How many of the keys are smaller. */
function placeOf(keys: Float64Array, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
