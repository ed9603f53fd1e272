import type { ForecastAssumption } from "artillery-engine-mqtt/contract";
import type { Bracket, Space } from "./boundary.ts";
import type { Outcome } from "./outcome.ts";
import type { Server } from "./variants.ts";

/** What is looked for. */
export const FINDS = ["fleet", "capacity", "policy"] as const;
export type Find = (typeof FINDS)[number];

/** What all forecasts of a search have in common. */
export interface Question {
  /** The script's own name, without its folder. */
  script: string;
  storm: StormAsked;
  /** Share of the affected devices that must be ready for `recovered`. 0..1 */
  target: number;
  /** It has to be ready so soon; null for at any time inside the window. */
  withinMs: number | null;
  /** Devices of the script. */
  devices: number;
  seed: number;
  assumptions: ForecastAssumption[];
}

export interface StormAsked {
  /** Counts from 1. */
  index: number;
  words: string;
  windowMs: number;
}

/** One forecast with one value. */
export interface TriedPoint {
  value: number;
  /** It recovers, as it was asked for. */
  holds: boolean;
  outcome: Outcome;
}

/** The search of a boundary, with one policy. Points stand in the order in which they were tried. */
export interface Search {
  policy: string;
  space: Space;
  points: TriedPoint[];
  bracket: Bracket;
  /** Why it ended before the bracket was narrow enough; null where it did not. */
  stopped: string | null;
}

interface FindingOf {
  question: Question;
  /** The user ended it: what was known by then. */
  interrupted: boolean;
}

export interface FleetFinding extends FindingOf {
  find: "fleet";
  searches: Search[];
}

export interface CapacityFinding extends FindingOf {
  find: "capacity";
  of: Server;
  searches: Search[];
}

export interface PolicyPoint {
  policy: string;
  holds: boolean;
  /** It recovers, and no other that does is as fast and as light and better in one of the two. */
  frontier: boolean;
  outcome: Outcome;
}

export interface PolicyFinding extends FindingOf {
  find: "policy";
  /** So many were to be tried. */
  planned: number;
  points: PolicyPoint[];
}

export type Finding = FleetFinding | CapacityFinding | PolicyFinding;

/** `find.json`: null is "not reached", or no verdict. */
export function findingJson(finding: Finding, conclusion: readonly string[]): string {
  return `${JSON.stringify({ schemaVersion: 1, kind: "forecast", ...finding, conclusion }, null, 2)}\n`;
}
