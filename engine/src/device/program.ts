import type { Device } from "./device.ts";
import type { Waiter } from "./turns.ts";

/**
 * One operation of a device: shared by all devices of a cohort, so what belongs to one of them comes with `device` and its
 * owner.
 */
export interface Operation {
  /**
   * Begins it. `waiter` is settled once, through the device's port: with null, LOST or the name of a failure. What is not the device's
   * own may leave it alone where the connection has ended: so has the program.
   */
  begin(device: Device, waiter: Waiter): void;
}

/**
 * What a device does after every CONNACK, one operation after the other. The device keeps the place of the next one; where the
 * connection ends the program ends with it, and the next connection begins at the first.
 */
export type Program = readonly Operation[];
