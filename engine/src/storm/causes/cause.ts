import type { Device } from "../../device/device.ts";
import type { StormPlan } from "../schedule.ts";

/** Keys that a storm may have beside `at`, `cause`, `window` and `repeat`; its cause says which. */
export const CAUSE_KEYS = [
  "fraction",
  "nextWrite",
  "command",
  "timeout",
  "waitFor",
  "cohort",
  "sparing",
  "over",
  "for",
  "outage",
] as const;
export type CauseKey = (typeof CAUSE_KEYS)[number];

/** What a storm may say whose devices the engine itself chooses, and cuts. */
export const CUT_KEYS: readonly CauseKey[] = ["cohort", "sparing", "over", "for", "outage"];

interface Keys {
  needs: readonly CauseKey[];
  takes: readonly CauseKey[];
}

/** The engine itself takes the connections away, from a share of the fleet. */
export interface CutCause extends Keys {
  kind: "cut";
  /** Cuts one device. Returns the monotonic instant of the loss in milliseconds, or null if it was not online. */
  cut(device: Device, storm: StormPlan): number | null;
}

/** Someone else takes the connections away; a device is affected from its first loss on. */
export interface WatchCause extends Keys {
  kind: "watch";
  /** `at-once` opens it at the storm's instant, `when-lost` when its fraction is lost within one second. */
  opens: "at-once" | "when-lost";
  /** What one worker of the run does at the storm's instant. Returns how to stop it. */
  act: ((storm: StormPlan, log: (line: string) => void) => () => void) | null;
}

export type Cause = CutCause | WatchCause;
