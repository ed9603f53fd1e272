import type { Step } from "../artillery.ts";
import type { Program } from "../device/program.ts";
import { asError, guarded, stepAsOperation, stepOf } from "./run-operation.ts";
import type { Compiler, ParsedStep } from "./steps/step.ts";

type CompilerBase = Omit<Compiler, "compileSteps">;

function compilerOf(base: CompilerBase): Compiler {
  return { ...base, compileSteps: (children) => compileSteps(children, base) };
}

/** Steps of one cohort, compiled once per worker. */
export function compileSteps(steps: readonly ParsedStep[], base: CompilerBase): Step[] {
  const compiler = compilerOf(base);
  return steps.map((step) => guardedStep(stepFor(step, compiler)));
}

function stepFor({ definition, spec, children }: ParsedStep, compiler: Compiler): Step {
  if (definition.compile !== undefined) return definition.compile(spec, compiler, children);
  if (definition.operation !== undefined) return stepOf(definition.operation(spec, compiler), compiler);
  throw new TypeError(`the step ${definition.name} does nothing`);
}

/** `onConnect` of one cohort, compiled once per worker. */
export function compileProgram(steps: readonly ParsedStep[], base: CompilerBase): Program {
  const compiler = compilerOf(base);
  return steps.map((step) => {
    const { definition, spec } = step;
    const operation =
      definition.operation?.(spec, compiler) ??
      stepAsOperation(guardedStep(stepFor(step, compiler)), compiler);
    return guarded(operation, compiler);
  });
}

/** A step that throws fails the virtual user, not the worker. */
function guardedStep(step: Step): Step {
  return (context, callback) => {
    try {
      step(context, callback);
    } catch (error) {
      callback(asError(error), context);
    }
  };
}

/** Runs them one after the other; the first error ends it. */
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
