import type { Step } from "../artillery.ts";
import type { Compiler, ParsedStep } from "./steps/step.ts";

/** Steps of one cohort, compiled once per worker. */
export function compileSteps(steps: readonly ParsedStep[], base: Omit<Compiler, "compileSteps">): Step[] {
  const compiler: Compiler = { ...base, compileSteps: (children) => compileSteps(children, base) };
  return steps.map(({ definition, spec, children }) => guarded(definition.compile(spec, compiler, children)));
}

/** A step that throws fails the virtual user, not the worker. */
function guarded(step: Step): Step {
  return (context, callback) => {
    try {
      step(context, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), context);
    }
  };
}

/** One after the other; the first error ends it. */
export function series(steps: readonly Step[]): Step {
  return (context, callback) => {
    let index = 0;
    const next = (error: Error | null): void => {
      if (error) {
        callback(error, context);
        return;
      }
      const step = steps[index++];
      if (step === undefined) callback(null, context);
      else step(context, next);
    };
    next(null);
  };
}
