import type { StormCells } from "../capture/storm-cells.ts";
import type { Device } from "../device/device.ts";

/** Hears of connections that were lost without a storm having cut them. */
export interface LossWatch {
  /** The device has lost its connection. Returns the storm that the loss belongs to, or null. */
  lost(device: Device, nowMs: number): number | null;
  /** A device that had lost its connection is ready again. */
  ready(device: Device, nowMs: number): void;
}

/** The place where losses are told: storms set and clear the watch. */
export interface Losses {
  watch: LossWatch | null;
  /** A storm has begun at this instant, monotonic milliseconds. */
  stormBegan(storm: number, atMs: number): void;
}

/** Takes every device's first loss as the storm's. */
export class OpenStorm implements LossWatch {
  readonly #storm: number;
  readonly #startedMs: number;
  readonly #cells: StormCells;

  /** @param startedMs monotonic milliseconds */
  constructor(storm: number, startedMs: number, cells: StormCells) {
    this.#storm = storm;
    this.#startedMs = startedMs;
    this.#cells = cells;
  }

  lost(device: Device, nowMs: number): number | null {
    if (device.part.affectedBy === this.#storm) return null;
    const { cohort } = device;
    this.#cells.selected(cohort, this.#storm);
    this.#cells.dropped(cohort, this.#storm, Math.max(0, nowMs - this.#startedMs));
    return this.#storm;
  }

  ready(): void {}
}

/** A loss that may turn out to be the storm's. */
export interface Loss {
  device: Device;
  lostAtMs: number;
  readyAtMs: number | null;
  /** The device's attempts to connect before the loss. */
  attempts: number;
  /** Devices of the worker that were online just before. */
  online: number;
}

/** Given the losses before the one at `nowMs`; returns who hears of that one and of those to come. */
export type OnOnset = (before: readonly Loss[], nowMs: number) => LossWatch;

/** A storm opens when its fraction is lost within so long. */
export const ONSET_MS = 1000;

/** Waits for a fraction of the online devices to be lost within one second. */
export class Onset implements LossWatch {
  readonly #fraction: number;
  readonly #online: () => number;
  readonly #open: OnOnset;
  /** Losses of the last second, oldest first, one per device. */
  readonly #recent = new Map<Device, Loss>();

  constructor(fraction: number, online: () => number, open: OnOnset) {
    this.#fraction = fraction;
    this.#online = online;
    this.#open = open;
  }

  lost(device: Device, nowMs: number): number | null {
    for (const [old, { lostAtMs }] of this.#recent) {
      if (nowMs - lostAtMs <= ONSET_MS) break;
      this.#recent.delete(old);
    }
    const { count: attempts } = device.attempt;
    // The device itself is no longer among those that are online.
    const loss = { device, lostAtMs: nowMs, readyAtMs: null, attempts, online: this.#online() + 1 };
    // It may be lost twice in a second: the first loss counts.
    if (!this.#recent.has(device)) this.#recent.set(device, loss);
    const [oldest = loss] = this.#recent.values();
    if (this.#recent.size < Math.max(1, oldest.online * this.#fraction - 1e-9)) return null;
    const storm = this.#open(
      [...this.#recent.values()].filter((one) => one !== loss),
      nowMs,
    );
    // The loss at hand is told to the storm like all that follow.
    return storm.lost(device, nowMs);
  }

  ready(device: Device, nowMs: number): void {
    const loss = this.#recent.get(device);
    if (loss !== undefined && loss.readyAtMs === null) loss.readyAtMs = nowMs;
  }
}
