import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Helpers } from "../artillery.ts";
import type { FleetPlan } from "../script/plan.ts";
import { stepsOf } from "../script/references.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import { createCaptures } from "./captures.ts";

/** Steps that are Artillery's own, and no one else's. */
const OF_ARTILLERY: ReadonlySet<string> = new Set(["loop", "parallel"]);

export function usesArtillerySteps({ cohorts }: FleetPlan): boolean {
  return cohorts.some((cohort) => stepsOf(cohort).some(isArtillerys));
}

function isArtillerys({ definition, children }: ParsedStep): boolean {
  return OF_ARTILLERY.has(definition.name) || children.flat().some(isArtillerys);
}

/** What steps of a forecast need of Artillery: its loops are its own, taken from its package. */
export async function artillerySteps(plan: FleetPlan): Promise<Helpers> {
  const captureOrMatch = createCaptures();
  if (!usesArtillerySteps(plan)) return { ...NONE, captureOrMatch };
  const own = await loadHelpers();
  if (own === null)
    throw new Error(
      "the script has loop or parallel steps, which are Artillery's own: install artillery beside this package",
    );
  return { ...own, captureOrMatch };
}

/** Artillery hands them to engines, and exports them nowhere. */
async function loadHelpers(): Promise<Helpers | null> {
  try {
    const manifest = createRequire(import.meta.url).resolve("artillery/package.json");
    const path = join(dirname(manifest), "dist", "lib", "commons", "engine_util.js");
    return existsSync(path) ? ((await import(pathToFileURL(path).href)) as Helpers) : null;
  } catch {
    return null;
  }
}

function unused(): never {
  throw new Error("this step is Artillery's own");
}

const NONE: Omit<Helpers, "captureOrMatch"> = {
  createThink: unused,
  createLoopWithCount: unused,
  createParallel: unused,
  template: unused,
};
