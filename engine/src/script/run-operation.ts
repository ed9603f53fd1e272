import type { Step, StepCallback, VuContext } from "../artillery.ts";
import type { Device } from "../device/device.ts";
import type { Operation } from "../device/program.ts";
import type { Question } from "../device/question.ts";
import { isOfScript } from "../device/script-failures.ts";
import { LOST, type Waiter } from "../device/turns.ts";
import { asError, ScriptError } from "./script-error.ts";
import {
  type Compiler,
  contextOf,
  deviceOf,
  endsWithConnection,
  failureNamed,
  StepFailure,
  stepError,
} from "./steps/step.ts";

/** An operation of a device as a step of a flow, or of a list of steps inside `onConnect`. */
export function stepOf(operation: Operation, compiler: Compiler): Step {
  return (context, callback) => {
    const running = new RunningOperation(operation, compiler, context, callback);
    if (endsWithConnection(compiler.place)) running.begin();
    else running.waitUntilReady();
  };
}

/**
 * In a flow an operation waits until the device is ready, and is begun again after the reconnect where the connection took it
 * along. In `onConnect` a lost connection ends the program: the next CONNACK begins it anew, so nothing is called back.
 */
class RunningOperation implements Waiter {
  readonly #operation: Operation;
  readonly #compiler: Compiler;
  readonly #context: VuContext;
  readonly #callback: StepCallback;
  readonly #device: Device;
  #generation = 0;
  #isWaiting = false;

  constructor(operation: Operation, compiler: Compiler, context: VuContext, callback: StepCallback) {
    this.#operation = operation;
    this.#compiler = compiler;
    this.#context = context;
    this.#callback = callback;
    this.#device = deviceOf(context);
  }

  waitUntilReady(): void {
    this.#isWaiting = true;
    this.#compiler.fleet.whenReady(this.#device, null, this);
  }

  begin(): void {
    this.#isWaiting = false;
    this.#generation = this.#device.generation;
    try {
      this.#operation.begin(this.#device, this);
    } catch (error) {
      this.#callback(stepError(this.#compiler, failureOf(asError(error), this.#compiler)), this.#context);
    }
  }

  settled(failure: string | null): void {
    if (this.#isWaiting && failure === null) this.begin();
    else if (this.#isWaiting && failure !== null && isOfScript(failure))
      this.#callback(failureNamed(failure), this.#context);
    else if (endsWithConnection(this.#compiler.place)) this.#settledInProgram(failure);
    else if (failure === LOST) this.waitUntilReady();
    else this.#end(failure);
  }

  /** A publication that a later connection repeated belongs to a program that is over. */
  #settledInProgram(failure: string | null): void {
    if (failure !== LOST && this.#generation === this.#device.generation) this.#end(failure);
  }

  #end(failure: string | null): void {
    this.#callback(failure === null ? null : stepError(this.#compiler, failure), this.#context);
  }
}

/** A step that is no operation of the device as one: a function of the script's own, or steps of Artillery's. */
export function stepAsOperation(step: Step, compiler: Compiler): Operation {
  return {
    begin(device, waiter) {
      const { generation } = device;
      step(contextOf(device), (error) => {
        device.settleLate(generation, waiter, error ? failureOf(error, compiler) : null);
      });
    },
  };
}

/** An operation that throws, for example in a template's function, fails the bootstrap of its device, not the worker. */
export function guarded(operation: Operation, compiler: Compiler): Operation {
  return {
    begin(device, waiter) {
      try {
        operation.begin(device, waiter);
      } catch (error) {
        const failure = failureOf(asError(error), compiler);
        device.env.port.turns.settle(waiter, failure);
      }
    },
  };
}

/** A question may be asked again where nobody would hear of an exception: a template that throws gives the name of its failure. */
export function guardedAsk(ask: Question["ask"], compiler: Compiler): Question["ask"] {
  return (device, asker) => {
    try {
      return ask(device, asker);
    } catch (error) {
      return failureOf(asError(error), compiler);
    }
  };
}

/** The name of what failed, once it was said where it happened. */
export function failureOf(error: Error, compiler: Pick<Compiler, "tellError" | "where">): string {
  if (error instanceof StepFailure) return error.failure;
  const isScriptError = error instanceof ScriptError;
  if (!(isScriptError && error.isTold)) compiler.tellError(error, compiler.where);
  return isScriptError ? error.failure : "script_error";
}
