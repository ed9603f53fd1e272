import { type StormCause, type StormOutage, stormEvent } from "../contract.ts";
import type { NextWrite } from "../transport/next-write.ts";
import type { Command } from "./command.ts";

/** One storm of the script. Times are milliseconds after time zero. */
export interface StormPlan {
  /** Counts from 1. */
  index: number;
  /** What happened, in the script's words. */
  name?: string;
  atMs: number;
  /** Null for a cause that has none. */
  fraction: number | null;
  cause: StormCause;
  windowMs: number;
  /** The cohorts that it is for, by their places: `fraction` is of their devices. Not given for the whole fleet. */
  cohorts?: readonly number[];
  /** Given for `silent` alone, where it is not `lost`. */
  nextWrite?: NextWrite;
  /** Its devices are taken one after the other over so long; at once where it is not given. */
  overMs?: number;
  /** What each of its devices lacks from its loss on, and for how long. */
  outage?: { of: StormOutage; forMs: number };
  /** Given for `exec` alone. */
  exec?: Command;
  /** Given for `external` alone: how long after `atMs` it may open. Its window begins when it opens. */
  waitForMs?: number;
  /** The region that is lost, by its place in the script's list; then `fraction` is its share by weight. */
  region?: { index: number; name: string; forMs: number };
}

/** What lines of the run call it. */
export function titleOf(
  storm: Pick<StormPlan, "index" | "name" | "cause" | "outage"> & { region?: { name: string } | undefined },
): string {
  const { index, name, cause, outage, region } = storm;
  const event = stormEvent(storm);
  const how = region === undefined ? cause : `region ${region.name} lost`;
  // "connection reset (reset)" would say it twice.
  const isSaid = name === undefined && outage === undefined && region === undefined;
  return `storm ${index}: ${event}${isSaid ? "" : ` (${how})`}`;
}

/** How long after its instant the last of a storm's devices can connect again. */
export function awayMs({ overMs = 0, outage }: Pick<StormPlan, "overMs" | "outage">): number {
  return overMs + (outage?.forMs ?? 0);
}

/** When a storm's window ends at the latest. */
export function latestEndMs({ atMs, waitForMs = 0, windowMs }: StormPlan): number {
  return atMs + waitForMs + windowMs;
}

/** When the last window ends at the latest; null without storms. */
export function planEndMs(storms: readonly StormPlan[]): number | null {
  const last = storms.at(-1);
  return last === undefined ? null : latestEndMs(last);
}

/** The next thing to do. Times are milliseconds after time zero. */
export type StormEvent =
  | { kind: "prepare"; storm: StormPlan; atMs: number }
  | { kind: "begin"; storm: StormPlan; atMs: number }
  /** A storm that has not opened will not do so any more. */
  | { kind: "expire"; storm: StormPlan; atMs: number }
  /** The region that was lost is back. */
  | { kind: "restore"; storm: StormPlan; atMs: number }
  /** Whether all storms have recovered is looked at, from the last of them on. */
  | { kind: "look"; storm: StormPlan; atMs: number }
  | { kind: "end"; storm: StormPlan; atMs: number }
  | { kind: "over"; atMs: number };

/** How long before a storm its devices are chosen. */
export const PREPARE_MS = 500;

/** Looks at whether all storms have recovered are so far apart; their instants are multiples of it. */
export const LOOK_MS = 500;

/**
 * Everything that will happen, in order. Windows do not overlap (the script is checked), so neither do storms.
 *
 * @param looks whether the run may end when all storms have recovered
 */
export function storyOf(storms: readonly StormPlan[], looks: boolean = false): StormEvent[] {
  const events: StormEvent[] = storms.flatMap((storm): StormEvent[] => [
    { kind: "prepare", storm, atMs: Math.max(0, storm.atMs - PREPARE_MS) },
    { kind: "begin", storm, atMs: storm.atMs },
    ...(storm.waitForMs === undefined
      ? []
      : [{ kind: "expire" as const, storm, atMs: storm.atMs + storm.waitForMs }]),
    ...(storm.region === undefined
      ? []
      : [{ kind: "restore" as const, storm, atMs: storm.atMs + storm.region.forMs }]),
    { kind: "end", storm, atMs: latestEndMs(storm) },
  ]);
  const last = storms.at(-1);
  if (looks && last !== undefined) events.push(lookAfter(last, last.atMs));
  const end = planEndMs(storms);
  if (end !== null) events.push({ kind: "over", atMs: end });
  return inOrder(events);
}

/** The first look after an instant. */
export function lookAfter(storm: StormPlan, atMs: number): StormEvent {
  return { kind: "look", storm, atMs: (Math.floor(atMs / LOOK_MS) + 1) * LOOK_MS };
}

/** So long after its instant nothing more happens to a storm's devices: all could connect again, and their region is back. */
export function restMs(storm: StormPlan): number {
  return Math.max(awayMs(storm), storm.region?.forMs ?? 0);
}

/** What is left to happen where the last storm's window ends at `endMs`; nothing is moved to a later time. */
export function storyEndingAt(left: readonly StormEvent[], endMs: number): StormEvent[] {
  const others = left.filter(({ kind }) => kind !== "look");
  return inOrder(others.map((event) => ({ ...event, atMs: Math.min(event.atMs, endMs) })));
}

/** What is left to happen, and one thing more. */
export function storyWith(left: readonly StormEvent[], event: StormEvent): StormEvent[] {
  return inOrder([...left, event]);
}

/** What is left to happen once a storm that was waited for has opened: its window ends at `endMs`. */
export function storyOnceOpen(
  left: readonly StormEvent[],
  { index }: StormPlan,
  endMs: number,
): StormEvent[] {
  const isOwn = (event: StormEvent): boolean => event.kind !== "over" && event.storm.index === index;
  const others = left.filter((event) => event.kind !== "expire" || !isOwn(event));
  return endingSooner(
    others.map((event) => (isOwn(event) && event.kind !== "look" ? { ...event, atMs: endMs } : event)),
  );
}

/** What is left to happen once a storm has expired at `atMs`: it has no window. */
export function storyOnceExpired(
  left: readonly StormEvent[],
  { index }: StormPlan,
  atMs: number,
): StormEvent[] {
  const others = left.filter((event) => event.kind === "over" || event.storm.index !== index);
  return endingSooner(others, atMs);
}

/** All is over with the last thing that happens, and not before `fromMs`. */
function endingSooner(left: readonly StormEvent[], fromMs = 0): StormEvent[] {
  const lastMs = Math.max(fromMs, ...left.flatMap((event) => (event.kind === "over" ? [] : event.atMs)));
  return inOrder(left.map((event) => (event.kind === "over" ? { ...event, atMs: lastMs } : event)));
}

function inOrder(events: readonly StormEvent[]): StormEvent[] {
  // A storm may begin at the instant that the one before ends; its devices are then chosen before that end.
  return [...events].sort((a, b) => a.atMs - b.atMs || ORDER[a.kind] - ORDER[b.kind]);
}

const ORDER: Record<StormEvent["kind"], number> = {
  expire: 0,
  restore: 1,
  look: 2,
  end: 3,
  prepare: 4,
  begin: 5,
  over: 6,
};
