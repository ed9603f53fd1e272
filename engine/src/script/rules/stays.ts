import { type Problem, renderPath } from "../problem.ts";
import type { ParsedStep } from "../steps/step.ts";
import type { Rule } from "./rule.ts";

/** Nothing but storms ends a `stayOnline` that has no time of its own. */
export const stayRule: Rule = ({ settings, scenarios }) =>
  settings.known.storms?.length === 0 ? scenarios.flatMap(({ flow }) => endlessStays(flow)) : [];

function endlessStays(steps: readonly ParsedStep[]): Problem[] {
  return steps.flatMap((step): Problem[] => {
    const stay = (step.spec as { stayOnline?: { for?: number } }).stayOnline;
    if (stay === undefined) return step.children.flatMap(endlessStays);
    if (stay.for !== undefined) return [];
    return [
      {
        path: renderPath([...step.path, "stayOnline", "for"]),
        value: undefined,
        allowed: "a duration, since the script has no storms that would end the run",
      },
    ];
  });
}
