import type { Device } from "../../device/device.ts";

/** Keys that a storm may have beside `at`, `cause`, `window` and `repeat`; the cause says which. */
export const CAUSE_KEYS = ["fraction"] as const;
export type CauseKey = (typeof CAUSE_KEYS)[number];

/** What makes devices lose their connections. One file each; index.ts lists them. */
export interface CutCause {
  kind: "cut";
  needs: readonly CauseKey[];
  takes: readonly CauseKey[];
  /** Cuts one device. Returns the monotonic instant of the loss in milliseconds, or NaN if it was not online. */
  cut(device: Device, storm: number): number;
}

export type Cause = CutCause;
