import type { ProcessorFunction, RunEvents, VuContext } from "../artillery.ts";
import { ScriptError } from "./script-error.ts";

export interface ProcessorCallsOptions {
  processor: Readonly<Record<string, ProcessorFunction>>;
  events: RunEvents;
  /** Calls back when whoever waits has waited long enough. Returns how to stop waiting. */
  expire(expired: () => void): () => void;
  /** Hears why a function failed, and what it failed with. */
  tell(text: string, error: unknown): void;
}

/** `done` of a function, or what it returned where it has none. */
type Settle = (error: unknown, value?: unknown) => void;

/** Calls functions of the processor. Each settles once, whatever it does: calls back, returns a promise, throws, or never. */
export class ProcessorCalls {
  readonly #options: ProcessorCallsOptions;

  constructor(options: ProcessorCallsOptions) {
    this.#options = options;
  }

  /** The function takes the variables and answers at once: `ifTrue` of a step. Throws a ScriptError whose text is told. */
  judge(name: string, context: VuContext): unknown {
    const target = this.#options.processor[name] as unknown as (vars: VuContext["vars"]) => unknown;
    try {
      return target(context.vars);
    } catch (error) {
      const text = `function ${name}(): ${textOf(error)}`;
      this.#options.tell(text, error);
      throw new ScriptError("script_error", text, true);
    }
  }

  /** The function takes `(context, events, done)`, or is async without `done`. */
  run(name: string, context: VuContext, done: (error: ScriptError | null) => void): void {
    const target = this.#options.processor[name] as ProcessorFunction;
    this.#call(name, done, (settle) => {
      const result: unknown = target(context, this.#options.events, (error) => settle(error));
      // A function that takes `done` says by it when it is over, whatever it returns; an async one never does.
      const isAsync = target.constructor.name === "AsyncFunction";
      if (isAsync || (result instanceof Promise && target.length < 3)) return Promise.resolve(result);
      if (result instanceof Promise) result.catch(settle);
      return null;
    });
  }

  /** The function takes `(context, done(goOn))`, or is async with `goOn` as its result. */
  ask(name: string, context: VuContext, done: (error: ScriptError | null, goOn: unknown) => void): void {
    const target = this.#options.processor[name] as unknown as (
      context: VuContext,
      done: (goOn: unknown) => void,
    ) => unknown;
    this.#call(name, done, (settle) => {
      const result = target(context, (goOn) => settle(null, goOn));
      if (target.constructor.name === "AsyncFunction") return Promise.resolve(result);
      if (result instanceof Promise) result.catch(settle);
      return null;
    });
  }

  /** @param start calls the function; its promise settles as well, unless it is null */
  #call(
    name: string,
    done: (error: ScriptError | null, value: unknown) => void,
    start: (settle: Settle) => Promise<unknown> | null,
  ): void {
    let settled = false;
    let stopWaiting: (() => void) | null = null;
    const end = (error: ScriptError | null, value: unknown): void => {
      if (settled) return;
      settled = true;
      stopWaiting?.();
      done(error, value);
    };
    const settle: Settle = (error, value) => {
      if (settled) return;
      if (!error) end(null, value);
      else fail("script_error", `function ${name}(): ${textOf(error)}`, error);
    };
    const fail = (failure: ScriptError["failure"], text: string, error: unknown): void => {
      this.#options.tell(text, error);
      end(new ScriptError(failure, text, true), undefined);
    };
    try {
      start(settle)?.then(
        (value) => settle(null, value),
        (error) => settle(error || new Error(String(error))),
      );
    } catch (error) {
      settle(error || new Error(String(error)));
    }
    // Most have settled by now, and need no watch.
    if (settled) return;
    stopWaiting = this.#options.expire(() => {
      fail("function_never_done", `function ${name}() never called done`, null);
    });
  }
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
