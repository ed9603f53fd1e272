import { z } from "zod";
import type { ProcessorFunction, RunEvents, VuContext } from "../../artillery.ts";
import { defineStep, sameConnection, text } from "./step.ts";

/** Calls a function of the processor: `(context, events, done)`, or async without `done`. */
export const callFunction = defineStep({
  name: "function",
  places: ["flow", "onConnect", "hook"],
  schema: z.strictObject({ function: text }),
  calls: (raw) => (typeof raw["function"] === "string" ? [raw["function"]] : []),
  compile(spec, compiler) {
    const target = compiler.processor[spec.function] as ProcessorFunction;
    return sameConnection(compiler, (context, callback) => {
      callProcessor(target, context, compiler.runEvents, (error) => callback(error, context));
    });
  },
});

/** Settles once, whether the function calls back, returns a promise, throws, or does several of these. */
export function callProcessor(
  target: ProcessorFunction,
  context: VuContext,
  events: RunEvents,
  done: (error: Error | null) => void,
): void {
  let settled = false;
  const settle = (error: unknown): void => {
    if (settled) return;
    settled = true;
    done(error ? (error instanceof Error ? error : new Error(String(error))) : null);
  };
  try {
    const result = target(context, events, settle);
    // A function that takes `done` says by it when it is over, whatever it returns; an async one never does.
    const isAsync = target.constructor.name === "AsyncFunction";
    const promise = result instanceof Promise ? result : null;
    if (isAsync || (promise !== null && target.length < 3))
      Promise.resolve(result).then(() => settle(null), settle);
    else promise?.catch(settle);
  } catch (error) {
    settle(error);
  }
}
