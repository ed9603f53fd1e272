/** How the workers of a run come to one time zero. */
export type TimeZeroPlan =
  /** All agree on it. */
  | {
      kind: "agreed";
      /** Of the broker's retained messages, where that is the place: `<topic>/<testRunId>/…`. */
      topic: string;
      /** Null for the default: `ready` with several numbered containers, `arrival` otherwise. */
      from: "arrival" | "ready" | null;
      barrier: BarrierPlan;
    }
  /** An absolute time, epoch milliseconds. */
  | { kind: "absolute"; epochMs: number }
  /** Each process has its own: for one machine, or a broker that allows no such topic. */
  | { kind: "local" };

/** When a fleet counts as ready for its time zero. */
export interface BarrierPlan {
  /** Of the fleet's devices. Above 0, up to 1. */
  share: number;
  /** Time zero is set after this long in any case, milliseconds. */
  timeoutMs: number;
}

/** Where the workers of a run meet. */
export type PlacePlan =
  | { kind: "broker" }
  | { kind: "directory"; path: string }
  /** `prefix` has no slash at its ends; it may be empty. */
  | { kind: "s3"; bucket: string; prefix: string };
