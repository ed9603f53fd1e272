import { bracketOf, type Space } from "../../results/src/forecasting/boundary.ts";
import type {
  CapacityFinding,
  FleetFinding,
  PolicyFinding,
  Question,
  Search,
} from "../../results/src/forecasting/finding.ts";
import type { Outcome } from "../../results/src/forecasting/outcome.ts";

/** Everybody of 1,000 devices came back, 99 % after 4 s, unless something else is given. */
export function outcome(changes: Partial<Outcome> = {}): Outcome {
  const { fleet = 1000, affected = fleet } = changes;
  return {
    fleet,
    affected,
    due: fleet,
    verdict: "recovered",
    absence: null,
    reason: "100 % of the affected devices were ready inside the window (target 99 %)",
    readyMs: { p50: 2000, p90: 3500, p99: 4000, target: 4000 },
    peak: { connectsPerS: affected / 2, configRequestsPerS: affected / 2 },
    perDevice: { connects: 1, configRequests: 1 },
    ...changes,
  };
}

export function readyAfter(ms: number): Pick<Outcome, "readyMs"> {
  return { readyMs: { p50: ms / 2, p90: ms * 0.9, p99: ms, target: ms } };
}

const NOT_REACHED = { p50: null, p90: null, p99: null, target: null };

export function failed(verdict: Outcome["verdict"], changes: Partial<Outcome> = {}): Outcome {
  return outcome({ verdict, readyMs: NOT_REACHED, ...changes });
}

export function question(changes: Partial<Question> = {}): Question {
  return {
    script: "fleet.yml",
    storm: { index: 1, words: "connection reset of 100 %", windowMs: 25_000 },
    target: 0.99,
    withinMs: null,
    devices: 1000,
    seed: 42,
    assumptions: [{ name: "broker: connects", value: "5000 per s", source: "default" }],
    ...changes,
  };
}

export function search(
  holds: Space["holds"],
  outcomes: Readonly<Record<number, Outcome>>,
  changes: Partial<Search> = {},
): Search {
  const space: Space = { lowest: 1, highest: 100_000, start: 1000, holds, tolerance: 0.02 };
  const points = Object.entries(outcomes).map(([value, one]) => ({
    value: Number(value),
    holds: one.verdict === "recovered",
    outcome: one,
  }));
  return {
    policy: "script (full-jitter 1 s to 30 s)",
    space,
    points,
    bracket: bracketOf(space, points),
    stopped: null,
    ...changes,
  };
}

export function fleetFinding(searches: Search[], changes: Partial<FleetFinding> = {}): FleetFinding {
  return { find: "fleet", question: question(), interrupted: false, searches, ...changes };
}

export function capacityFinding(searches: Search[], changes: Partial<CapacityFinding> = {}): CapacityFinding {
  return {
    find: "capacity",
    of: "config-service",
    question: question(),
    interrupted: false,
    searches,
    ...changes,
  };
}

export function policyFinding(
  points: PolicyFinding["points"],
  changes: Partial<PolicyFinding> = {},
): PolicyFinding {
  return {
    find: "policy",
    question: question(),
    interrupted: false,
    planned: points.length,
    points,
    ...changes,
  };
}
