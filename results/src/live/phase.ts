import type { MergedRun } from "../run/merge.ts";
import type { RunSeen, WorkerSeen } from "./run-tail.ts";

/** Workers flush every two seconds: one that did not for so long was killed, or hangs. */
export const SILENT_MS = 5000;

export type Phase =
  /** No worker has written anything. */
  | { kind: "waiting" }
  | { kind: "running"; silent: number; of: number }
  /** All that had not ended are silent. */
  | { kind: "silent"; forMs: number }
  /** `interrupted`: some were. */
  | { kind: "ended"; isInterrupted: boolean };

export function phaseOf({ workers }: Pick<RunSeen, "workers">): Phase {
  if (workers.length === 0) return { kind: "waiting" };
  const running = workers.filter(({ record }) => record.state === "running");
  if (running.length === 0)
    return {
      kind: "ended",
      isInterrupted: workers.some(({ record }) => record.state === "interrupted"),
    };
  const silent = running.filter(isSilent);
  if (silent.length < running.length) return { kind: "running", silent: silent.length, of: workers.length };
  return { kind: "silent", forMs: Math.min(...silent.slice(0, 1000).map(({ silentMs }) => silentMs)) };
}

export function isSilent({ record, silentMs }: Pick<WorkerSeen, "record" | "silentMs">): boolean {
  return record.state === "running" && silentMs > SILENT_MS;
}

export type StormState = "to come" | "open" | "over" | "did not happen";

export function stormState(
  { startedAtMs, closed }: Pick<MergedRun["storms"][number], "startedAtMs" | "closed">,
  phase: Phase,
): StormState {
  const goesOn = phase.kind === "running";
  if (startedAtMs === null) return goesOn ? "to come" : "did not happen";
  return closed || !goesOn ? "over" : "open";
}
