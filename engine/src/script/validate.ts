import type { ArtilleryScript } from "../artillery.ts";
import { withArtilleryTls } from "./artillery-tls.ts";
import { type FleetPlan, planFleet } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { readScript, type ScriptEnvironment } from "./read.ts";
import { ruleProblems } from "./rules/index.ts";
import type { EngineSettings } from "./schema.ts";

export type Validated = { plan: FleetPlan; problems: null } | { plan: null; problems: Problem[] };

/**
 * The whole script: read, then held against the rules, then planned. Nothing is opened or started. Every problem is found,
 * not only the first.
 *
 * @param hasHook whether the run has a `before` hook: Artillery takes it out of the script that a worker sees
 * @param environment that of the run; null where the script is only looked at, and may be run elsewhere
 */
export function validate(
  script: ArtilleryScript,
  hasHook: boolean = script.before !== undefined,
  environment: ScriptEnvironment | null = null,
): Validated {
  const read = readScript(script, hasHook, environment);
  const problems = [...read.problems, ...ruleProblems(read)];
  const { target } = read;
  if (problems.length > 0 || "problem" in target) return { plan: null, problems };
  // There is no problem: every key was read.
  const settings = withArtilleryTls(read.settings.known as EngineSettings, script.config["tls"]);
  return { plan: planFleet({ ...read, settings, target }), problems: null };
}
