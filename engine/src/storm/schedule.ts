import type { StormCause } from "../contract.ts";

/** One storm of the script. Times are milliseconds after time zero. */
export interface StormPlan {
  /** From 1. */
  index: number;
  atMs: number;
  fraction: number;
  cause: StormCause;
  windowMs: number;
  /** The region that is lost, by its place in the script's list; then `fraction` is its share by weight. */
  region?: { index: number; name: string; forMs: number };
}

/** When the last window ends; null without storms. */
export function planEndMs(storms: readonly StormPlan[]): number | null {
  const last = storms.at(-1);
  return last === undefined ? null : last.atMs + last.windowMs;
}

/** The next thing to do. Times are milliseconds after time zero. */
export type StormEvent =
  | { kind: "prepare"; storm: StormPlan; atMs: number }
  | { kind: "begin"; storm: StormPlan; atMs: number }
  /** The region that was lost is back. */
  | { kind: "restore"; storm: StormPlan; atMs: number }
  | { kind: "end"; storm: StormPlan; atMs: number }
  | { kind: "over"; atMs: number };

/** How long before a storm its devices are chosen. */
export const PREPARE_MS = 500;

/** Everything that will happen, in order. Windows do not overlap (the script is checked), so neither do storms. */
export function storyOf(storms: readonly StormPlan[]): StormEvent[] {
  const events: StormEvent[] = storms.flatMap((storm): StormEvent[] => [
    { kind: "prepare", storm, atMs: Math.max(0, storm.atMs - PREPARE_MS) },
    { kind: "begin", storm, atMs: storm.atMs },
    ...(storm.region === undefined
      ? []
      : [{ kind: "restore" as const, storm, atMs: storm.atMs + storm.region.forMs }]),
    { kind: "end", storm, atMs: storm.atMs + storm.windowMs },
  ]);
  const end = planEndMs(storms);
  if (end !== null) events.push({ kind: "over", atMs: end });
  // A storm may begin at the instant that the one before ends; its devices are then chosen before that end.
  return events.sort((a, b) => a.atMs - b.atMs || ORDER[a.kind] - ORDER[b.kind]);
}

const ORDER: Record<StormEvent["kind"], number> = { restore: 0, end: 1, prepare: 2, begin: 3, over: 4 };
