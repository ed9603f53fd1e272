import { type ArtilleryScript, processorOf, type RunEvents, type VuContext } from "../artillery.ts";
import { EVENTS } from "../device/events.ts";
import { ProcessorCalls, ProcessorError } from "../script/processor-calls.ts";
import { StepFailure } from "../script/steps/step.ts";
import type { Cohort } from "./cohort.ts";
import { FailureTexts } from "./failure-texts.ts";
import type { Fleet } from "./fleet.ts";
import type { Host } from "./host.ts";

export interface VirtualUsersOptions {
  script: ArtilleryScript;
  runEvents: RunEvents;
  fleet: Fleet;
  host: Host;
  /** How many there are. */
  cohorts: number;
  log(line: string): void;
}

/** Runs virtual users: functions before, the flow, functions after. Each is over once, and what it failed of is counted once. */
export class VirtualUsers {
  /** Functions of the processor, for steps too: a fleet that is over waits for none of them. */
  readonly calls: ProcessorCalls;
  /** How many were started so far, by cohort. */
  readonly started: number[];
  readonly #failures: FailureTexts;
  readonly #host: Host;

  constructor({ script, runEvents: events, fleet, host, cohorts, log }: VirtualUsersOptions) {
    this.#host = host;
    this.#failures = new FailureTexts(log);
    this.started = Array.from({ length: cohorts }, () => 0);
    this.calls = new ProcessorCalls({
      processor: processorOf(script),
      events,
      expire: (expired) => fleet.expire(expired),
      tell: (text) => this.#failures.tell(text),
    });
  }

  /** @param index the cohort's place in the worker's counts */
  run(cohort: Cohort, index: number, context: VuContext, over: (error: Error | null) => void): void {
    this.started[index] = (this.started[index] as number) + 1;
    let isOver = false;
    const finish = (error: Error | null): void => {
      if (isOver) return;
      isOver = true;
      this.#count(index, error);
      over(error);
    };
    this.#callFunctions(cohort.before, context, (error) => {
      if (error !== null) {
        finish(error);
        return;
      }
      cohort.flow(context, (flowError) => {
        this.#callFunctions(cohort.after, context, (afterError) => finish(flowError ?? afterError));
      });
    });
  }

  /** A step that failed by a name of its own was counted then. */
  #count(index: number, error: Error | null): void {
    if (error === null || error instanceof StepFailure) return;
    this.tell(error);
    const failure = error instanceof ProcessorError ? error.failure : "flow_failed";
    this.#host.tell(EVENTS.error, { cohort: index, region: 0 }, 0, 0, failure);
  }

  /** Says what no name says. The text of a function's error has been told when it was called. */
  tell(error: Error): void {
    if (!(error instanceof ProcessorError)) this.#failures.tell(error.message);
  }

  #callFunctions(names: readonly string[], context: VuContext, done: (error: Error | null) => void): void {
    const [name, ...rest] = names;
    if (name === undefined) {
      done(null);
      return;
    }
    this.calls.run(name, context, (error) => {
      if (error !== null) done(error);
      else this.#callFunctions(rest, context, done);
    });
  }
}

/** Lets templates know the device, and makes the context as small as it can be: it lives as long as the device. */
export function nameDevice(context: VuContext, deviceId: string): void {
  context.vars["deviceId"] = deviceId;
  flatten(context._uid);
}

/**
 * Artillery builds a virtual user's id one character at a time, and V8 keeps that as a chain of 15 pieces, 480 bytes, until
 * someone reads inside it.
 */
function flatten(text: unknown): void {
  if (typeof text === "string") text.charCodeAt(0);
}
