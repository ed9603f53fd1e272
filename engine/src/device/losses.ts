import type { Device } from "./device.ts";

/** Hears of connections that were lost without a storm having cut them. */
export interface LossWatch {
  /** Before the device leaves. Returns the storm that the loss belongs to; 0 for none. */
  lost(device: Device, cohort: number, nowMs: number): number;
  /** A device that had lost its connection is ready again. */
  ready(device: Device, nowMs: number): void;
}

/** Shared by all devices of a worker; storms set and clear the watch. */
export interface Losses {
  watch: LossWatch | null;
}
