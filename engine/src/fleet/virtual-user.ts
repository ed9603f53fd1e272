import {
  type ArtilleryScript,
  processorOf,
  type RunEvents,
  type Step,
  type StepCallback,
  type VuContext,
} from "../artillery.ts";
import { EVENTS } from "../device/events.ts";
import type { Waiter } from "../device/turns.ts";
import { Sequence } from "../script/compile.ts";
import type { Problem } from "../script/problem.ts";
import { ProcessorCalls } from "../script/processor-calls.ts";
import { ScriptError, UnusableValue } from "../script/script-error.ts";
import { bindFlow, contextOf, failureNamed, flowOf, StepFailure } from "../script/steps/step.ts";
import { unsetFor } from "../script/unset.ts";
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
  /** A virtual user is over; `told` is what `run` was given. */
  over(error: Error | null, context: VuContext, told: StepCallback): void;
  log(line: string): void;
  /** Hears what the steps of a scenario refer to and nothing has set: the run ends. Null where that cannot be known. */
  onUnset: ((problems: Problem[]) => void) | null;
}

/** Runs virtual users: functions before, the flow, functions after. Each is over once, and what it failed of is counted once. */
export class VirtualUsers {
  /** Functions of the processor, for steps too: a fleet that is over waits for none of them. */
  readonly calls: ProcessorCalls;
  /** How many were started so far, by cohort. */
  readonly started: number[];
  readonly #failures: FailureTexts;
  readonly #events: RunEvents;
  readonly #host: Host;
  readonly #over: VirtualUsersOptions["over"];
  readonly #onUnset: VirtualUsersOptions["onUnset"];
  readonly #judged = new Set<Cohort>();

  constructor({ script, runEvents: events, fleet, host, cohorts, over, log, onUnset }: VirtualUsersOptions) {
    this.#onUnset = onUnset;
    this.#host = host;
    host.flows = { flowOf: (device) => flowOf(contextOf(device)) as RunningUser };
    this.#events = events;
    this.#over = over;
    this.#failures = new FailureTexts(log);
    this.started = Array.from({ length: cohorts }, () => 0);
    this.calls = new ProcessorCalls({
      processor: processorOf(script),
      events,
      expire: (expired) => fleet.expire(expired),
      tell: (text, error) => this.#failures.tell(text, error),
    });
  }

  /**
   * @param index the cohort's place in the worker's counts
   * @param told handed to `over` when the virtual user is
   */
  run(cohort: Cohort, index: number, context: VuContext, told: StepCallback): void {
    this.started[index] = (this.started[index] as number) + 1;
    new RunningUser(this, cohort, context, told).begin();
  }

  /** False where the steps of its scenario refer to what is not there, judged at the first of them: the run is about to end. */
  hasAll(cohort: Cohort, context: VuContext): boolean {
    if (this.#onUnset === null || this.#judged.has(cohort)) return true;
    const problems = unsetFor(cohort.needs, context);
    if (problems.length > 0) this.#onUnset(problems);
    else this.#judged.add(cohort);
    return problems.length === 0;
  }

  /** A virtual user is over. */
  finish(index: number, error: Error | null, context: VuContext, told: StepCallback): void {
    if (error !== null) this.#events.emit("error", this.#failureOf(index, error));
    this.#over(error, context, told);
  }

  /** The name of what a virtual user failed of. A step that failed by a name of its own was counted then. */
  #failureOf(index: number, error: Error): string {
    if (error instanceof StepFailure) return error.failure;
    const isScriptError = error instanceof ScriptError;
    // The text of a function's error was told when it was called.
    if (!(isScriptError && error.isTold)) this.#failures.tell(error.message, error);
    const failure = isScriptError ? error.failure : "script_error";
    this.#host.tell(EVENTS.error, { cohort: index, region: 0 }, 0, 0, failure);
    return failure;
  }

  /** Says what is wrong with the script: once for each text, and once for each step where the text holds a device's own value. */
  tell(error: Error, where: string): void {
    const text = `${where}: ${error.message}`;
    const sort = error instanceof UnusableValue ? `${where}: ${error.failure}` : text;
    this.#failures.tell(text, error, sort);
  }

  /** Calls functions of the processor, one after the other. */
  callFunctions(names: readonly string[], context: VuContext, done: (error: Error | null) => void): void {
    const [name, ...rest] = names;
    if (name === undefined) {
      done(null);
      return;
    }
    this.calls.run(name, context, (error) => {
      if (error !== null) done(error);
      else this.callFunctions(rest, context, done);
    });
  }
}

/** One of them: an object instead of closures within closures, for it lives as long as its device. */
class RunningUser extends Sequence implements Waiter {
  readonly #users: VirtualUsers;
  readonly #cohort: Cohort;
  readonly #told: StepCallback;
  /** Its last functions are called, and no step of the flow any more. */
  #isEnding = false;
  #isOver = false;

  constructor(users: VirtualUsers, cohort: Cohort, context: VuContext, told: StepCallback) {
    super(context);
    this.#users = users;
    this.#cohort = cohort;
    this.#told = told;
    bindFlow(context, this);
  }

  protected override get steps(): readonly Step[] {
    return this.#cohort.flow;
  }

  protected override get goOn(): StepCallback {
    return goOn;
  }

  begin(): void {
    const { before } = this.#cohort;
    if (before.length === 0) {
      this.#beginFlow();
      return;
    }
    this.#users.callFunctions(before, this.context, (error) => {
      if (error === null) {
        this.#beginFlow();
        return;
      }
      this.#isEnding = true;
      this.#finish(error);
    });
  }

  #beginFlow(): void {
    if (this.#users.hasAll(this.#cohort, this.context)) this.next(null);
  }

  /** A step may come to its end after the virtual user has: its device was taken away. */
  override next(error: Error | null): void {
    if (!this.#isEnding) super.next(error);
  }

  /** The device's own script failed, wherever the flow is: it was counted, and said why. */
  settled(failure: string | null): void {
    if (!this.#isEnding) this.over(failureNamed(failure ?? "script_error"));
  }

  protected override over(flowError: Error | null): void {
    this.#isEnding = true;
    this.#users.callFunctions(this.#cohort.after, this.context, (afterError) =>
      this.#finish(flowError ?? afterError),
    );
  }

  #finish(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#users.finish(this.#cohort.environment.plan.cohort, error, this.context, this.#told);
  }
}

/** One for all of them: a step calls back with the context. */
const goOn: StepCallback = (error, context) => {
  (flowOf(context as VuContext) as RunningUser).next(error);
};

/** Lets templates know the device, and makes the context as small as it can be: it lives as long as the device. */
export function nameDevice(context: VuContext, deviceId: string): void {
  context.vars["deviceId"] = deviceId;
  flatten(deviceId);
  flatten(context._uid);
}

/**
 * V8 keeps a text that was put together as its pieces, until someone reads inside it. Artillery builds a virtual user's id one
 * character at a time: a chain of 15 pieces, 480 bytes.
 */
function flatten(text: unknown): void {
  if (typeof text === "string") text.charCodeAt(0);
}
