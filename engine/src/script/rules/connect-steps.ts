import type { ReadScenario } from "../read.ts";
import type { ParsedStep } from "../steps/step.ts";

export interface ConnectSpec {
  clientId?: string;
  username?: string;
  password?: string;
  userProperties?: unknown;
  will?: Record<string, unknown>;
  cert?: unknown;
}

/** A `connect` step, wherever it stands. */
export interface ConnectStep {
  path: readonly PropertyKey[];
  spec: ConnectSpec;
}

export function connectSteps(scenarios: readonly ReadScenario[]): ConnectStep[] {
  return scenarios.flatMap(({ flow }) => among(flow));
}

function among(steps: readonly ParsedStep[]): ConnectStep[] {
  return steps.flatMap((step) => {
    const spec = (step.spec as { connect?: ConnectSpec }).connect;
    return spec === undefined ? step.children.flatMap(among) : [{ path: [...step.path, "connect"], spec }];
  });
}
