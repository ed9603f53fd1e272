import type { Step, StepCallback, VuContext } from "../artillery.ts";
import type { Operation, Program } from "../device/program.ts";
import { compileCondition } from "./condition.ts";
import { renderPath } from "./problem.ts";
import { failureOf, guarded, stepAsOperation, stepOf } from "./run-operation.ts";
import { asError } from "./script-error.ts";
import { type Compiler, contextOf, type ParsedStep, stepError } from "./steps/step.ts";

export type CompilerBase = Omit<Compiler, "compileSteps" | "where">;

function compilerOf(base: CompilerBase, { path, definition }: ParsedStep): Compiler {
  const where = `${renderPath(path)} (${definition.name})`;
  return { ...base, where, compileSteps: (children) => compileSteps(children, base) };
}

/** Steps of one cohort, compiled once per worker. */
export function compileSteps(steps: readonly ParsedStep[], base: CompilerBase): Step[] {
  return steps.map((step) => {
    const compiler = compilerOf(base, step);
    return guardedStep(passingStep(stepFor(step, compiler), step, compiler), compiler);
  });
}

function stepFor({ definition, spec, children }: ParsedStep, compiler: Compiler): Step {
  if (definition.compile !== undefined) return definition.compile(spec, compiler, children);
  if (definition.operation !== undefined) return stepOf(definition.operation(spec, compiler), compiler);
  throw new TypeError(`the step ${definition.name} does nothing`);
}

/** `onConnect` of one cohort, compiled once per worker. */
export function compileProgram(steps: readonly ParsedStep[], base: CompilerBase): Program {
  return steps.map((step) => {
    const compiler = compilerOf(base, step);
    const { definition, spec } = step;
    const operation =
      definition.operation?.(spec, compiler) ??
      stepAsOperation(guardedStep(stepFor(step, compiler), compiler), compiler);
    return guarded(passingOperation(operation, step, compiler), compiler);
  });
}

/** A step whose `ifTrue` does not hold is passed over. */
function passingStep(step: Step, { condition }: ParsedStep, compiler: Compiler): Step {
  if (!condition) return step;
  const holds = compileCondition(condition, (name, context) => compiler.calls.judge(name, context));
  return (context, callback) => {
    if (holds(context)) step(context, callback);
    else callback(null, context);
  };
}

function passingOperation(operation: Operation, { condition }: ParsedStep, compiler: Compiler): Operation {
  if (!condition) return operation;
  const holds = compileCondition(condition, (name, context) => compiler.calls.judge(name, context));
  return {
    begin(device, waiter) {
      if (holds(contextOf(device))) operation.begin(device, waiter);
      else device.env.port.turns.settle(waiter, null);
    },
  };
}

/** A step that throws fails the virtual user, not the worker. */
function guardedStep(step: Step, compiler: Compiler): Step {
  return (context, callback) => {
    try {
      step(context, callback);
    } catch (thrown) {
      const error = asError(thrown);
      // A hook's ends the run by its text.
      const failure = compiler.place === "hook" ? error : stepError(compiler, failureOf(error, compiler));
      callback(failure, context);
    }
  };
}

/** Runs them one after the other; the first error ends it. */
export function series(steps: readonly Step[]): Step {
  return (context, callback) => new Series(steps, context, callback).next(null);
}

/** Steps of one virtual user, one after the other. */
export abstract class Sequence {
  readonly context: VuContext;
  #index = 0;

  constructor(context: VuContext) {
    this.context = context;
  }

  protected abstract readonly steps: readonly Step[];

  /** Called by every step when it is done: it goes on with `next`. */
  protected abstract readonly goOn: StepCallback;

  /** Told once, of the first error or of the end. */
  protected abstract over(error: Error | null): void;

  next(error: Error | null): void {
    const step = error ? undefined : this.steps[this.#index++];
    if (step === undefined) {
      this.over(error || null);
      return;
    }
    step(this.context, this.goOn);
  }
}

class Series extends Sequence {
  protected override readonly steps: readonly Step[];
  protected override readonly goOn: StepCallback = (error) => this.next(error);
  readonly #callback: StepCallback;

  constructor(steps: readonly Step[], context: VuContext, callback: StepCallback) {
    super(context);
    this.steps = steps;
    this.#callback = callback;
  }

  protected override over(error: Error | null): void {
    this.#callback(error, this.context);
  }
}
