import type { Device } from "./device.ts";

/** One device of a worker, and whose counts it goes into. */
export interface FleetMember {
  device: Device;
  /** The place of its cohort among the worker's. */
  cohort: number;
}
