import type { Device } from "../device/device.ts";
import type { Time } from "../device/port.ts";

/**
 * Devices are looked at so much before they are due, at most. Threads of a real client are no more punctual; and this is what
 * losses of a fleet that was lost in one instant are spread by beyond their own phases.
 */
export const LOOK_SLOT_MS = 20;
/** More slots than a device is ever asked for in advance. */
const SLOTS = 64;
/** So long in advance at most. */
export const LONGEST_LOOK_MS: number = (SLOTS - 2) * LOOK_SLOT_MS;

/**
 * When devices are looked at again: a wheel of slots, and one timer for all of them. Each device has its own phase, for it is put
 * into the slot of its own due time; one that is not online any more is dropped when its slot comes.
 */
export class Looks {
  readonly #time: Time;
  readonly #slots: Device[][] = Array.from({ length: SLOTS }, () => []);
  /** Swapped with the slot whose turn it is. */
  #spare: Device[] = [];
  /** The first slot that has not had its turn: its number since the clock began. */
  #next = 0;
  #size = 0;
  /** Null while nobody is waited for. */
  #timer: object | null = null;
  #isStopped = false;

  constructor(time: Time) {
    this.#time = time;
  }

  /** Calls `look` of the device in `inMs`, or a slot's width before; the first after now. */
  add(device: Device, inMs: number): void {
    const nowMs = this.#time.now();
    if (this.#timer === null) this.#next = slotAt(nowMs) + 1;
    this.#put(device, nowMs + inMs);
    this.#arm(nowMs);
  }

  #put(device: Device, atMs: number): void {
    const slot = Math.min(Math.max(slotAt(atMs), this.#next), this.#next + SLOTS - 1);
    (this.#slots[slot % SLOTS] as Device[]).push(device);
    this.#size++;
  }

  #arm(nowMs: number): void {
    if (this.#timer !== null || this.#size === 0 || this.#isStopped) return;
    this.#timer = this.#time.wakeIdle(this.#next * LOOK_SLOT_MS - nowMs, onSlot, this, undefined);
  }

  /** Looks at all whose slots have come. */
  turn(): void {
    const nowMs = this.#time.now();
    const now = slotAt(nowMs);
    const first = this.#next;
    // What is put into the wheel from here on belongs to slots to come.
    this.#next = Math.max(first, now + 1);
    const last = Math.min(now, first + SLOTS - 1);
    for (let slot = first; slot <= last; slot++) this.#lookAt(slot % SLOTS, nowMs);
    this.#timer = null;
    this.#arm(nowMs);
  }

  #lookAt(place: number, nowMs: number): void {
    const devices = this.#slots[place] as Device[];
    if (devices.length === 0) return;
    this.#slots[place] = this.#spare;
    this.#size -= devices.length;
    for (const device of devices) {
      const inMs = device.look(nowMs, LOOK_SLOT_MS);
      if (inMs !== null) this.#put(device, nowMs + inMs);
    }
    devices.length = 0;
    this.#spare = devices;
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) this.#time.cancel(this.#timer);
    this.#timer = null;
  }
}

function slotAt(ms: number): number {
  return Math.floor(ms / LOOK_SLOT_MS);
}

function onSlot(looks: Looks): void {
  looks.turn();
}
