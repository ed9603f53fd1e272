import { availableParallelism } from "node:os";
import { findProgram } from "./mosquitto.ts";

/** With `--pin`: the broker has a core of its own, so that neither waits for the other. */
export interface Cores {
  client: number;
  broker: number;
}

/** Why processes cannot be pinned here; null where they can. */
export function whyNotPinned(): string | null {
  if (findProgram("taskset") === null) return "taskset is not on the PATH: apt-get install util-linux";
  return availableParallelism() < 2 ? "this machine has one core" : null;
}

export const PINNED: Cores = { client: 0, broker: 1 };
