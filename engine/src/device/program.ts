import type { Device } from "./device.ts";
import type { Waiter } from "./turns.ts";

/**
 * One operation of a device: shared by all devices of a cohort, so what belongs to one of them comes with `device` and its
 * owner.
 */
export interface Operation {
  /** Begins it. `waiter` is settled exactly once, through the device's port: null, LOST or the name of a failure. */
  begin(device: Device, waiter: Waiter): void;
}

/**
 * What a device does after every CONNACK, one operation after the other. The device keeps the place of the next one; where the
 * connection ends the program ends with it, and the next connection begins at the first.
 */
export type Program = readonly Operation[];
