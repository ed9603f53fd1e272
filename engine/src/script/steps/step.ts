import { z } from "zod";
import type { Helpers, RunEvents, Step, StepCallback, VuContext } from "../../artillery.ts";
import type { Device } from "../../device/device.ts";
import type { Time } from "../../device/port.ts";
import type { Operation } from "../../device/program.ts";
import type { ScriptFailure } from "../../device/script-failures.ts";
import { topicProblem } from "../../device/topic.ts";
import type { Waiter } from "../../device/turns.ts";
import { DURATION_NOTATION, parseDuration } from "../../duration.ts";
import type { OnEnded } from "../../lab/child.ts";
import type { LabPlan } from "../../lab/regions.ts";
import { textOfNumber } from "../../scalar-text.ts";
import type { HttpClient } from "../../transport/http-client.ts";
import type { Condition } from "../condition.ts";
import type { ProcessorCalls } from "../processor-calls.ts";
import { boolean, numeric } from "../scalars.ts";
import { UnusableValue } from "../script-error.ts";
import { written } from "../written-as.ts";
import { type Setting, setting } from "./setting.ts";

/**
 * The place where a step stands: `onConnect` runs after every CONNACK, `onMessage` for every message of a topic, `flow` once per
 * virtual user, `hook` once per run.
 */
export type StepPlace = "flow" | "onConnect" | "onMessage" | "hook";

/** What is done there ends with the connection that it began in. */
export function endsWithConnection(place: StepPlace): boolean {
  return place === "onConnect" || place === "onMessage";
}

/** What a step may use when it is compiled; one per cohort. */
export interface Compiler {
  place: StepPlace;
  helpers: Helpers;
  /** Functions of the processor. */
  calls: ProcessorCalls;
  runEvents: RunEvents;
  /** The path of the step that is compiled. */
  where: string;
  /** Hears what is wrong with the script, and at which step. */
  tellError(error: Error, where: string): void;
  /** Counts a failure of a flow, by its name. */
  countError(failure: string): void;
  time: Time;
  fleet: FleetAccess;
  /** Used by `http` steps; null in a hook. */
  http: HttpAccess | null;
  /** What a `lab` step starts; null for nothing. */
  lab: LabPlan | null;
  /** Hears of a part of the lab that ended by itself while the run goes on. */
  onLabEnded: OnEnded;
  compileSteps(steps: readonly ParsedStep[]): Step[];
}

/** What `http` steps ask with. */
export type HttpAccess = Pick<HttpClient, "send">;

/** What steps need from the fleet of this worker. */
export interface FleetAccess {
  /** Settles `waiter` when the device is ready (null), or with a reason when it will not be. */
  whenReady(device: Device, giveUpAfterMs: number | null, waiter: Waiter): void;
  /** Calls back, with that context and no error, when the last storm window has ended. */
  whenOver(over: StepCallback, context: VuContext): void;
  /** Starts something that goes on beside the flow until the device ends. */
  repeat(
    device: Device,
    nextDelayMs: () => number,
    run: (done: () => void) => void,
    firstDelayMs: number,
  ): void;
}

/**
 * One kind of step. `S` is the whole step object after validation, for example `{ subscribe: { topics, qos } }`.
 * Steps are compiled once per worker to closed data; nothing is written to them while the run goes on.
 */
export interface StepDefinition<S = unknown> {
  name: string;
  places: readonly StepPlace[];
  schema: z.ZodType<S>;
  /** Steps inside this one, with the path of each list. */
  children?(raw: Record<string, unknown>): { path: string[]; steps: unknown }[];
  /** Variables that exist after this step. */
  defines?(raw: Record<string, unknown>): string[];
  /** Variables that exist inside this step only. */
  locals?(raw: Record<string, unknown>): string[];
  /** Names of processor functions that it calls. */
  calls?(raw: Record<string, unknown>): string[];
  /** The step as an operation of the device. In a flow it waits until the device is ready. */
  operation?(spec: S, compiler: Compiler): Operation;
  /** The step as anything else; in `onConnect` only where it has no operation. */
  compile?(spec: S, compiler: Compiler, children: ParsedStep[][]): Step;
}

export interface ParsedStep {
  /** The path from the root of the script. */
  path: readonly PropertyKey[];
  definition: StepDefinition;
  /** The step is passed over where it does not hold; null for none. */
  condition?: Condition | null;
  spec: unknown;
  children: ParsedStep[][];
}

/** Keeps `S` for the compile function and erases it for the list of steps. */
export function defineStep<S>(definition: StepDefinition<S>): StepDefinition {
  return definition as StepDefinition;
}

/** The virtual user that a device belongs to. */
export function contextOf(device: Device): VuContext {
  return device.owner as VuContext;
}

const DEVICE = Symbol("device");

const FLOW = Symbol("flow");

/** A context with room for its device and its flow: what is added later takes twice the memory. */
export function contextWith(vars: VuContext["vars"], funcs: NonNullable<VuContext["funcs"]>): VuContext {
  return { vars, funcs, [DEVICE]: undefined, [FLOW]: undefined } as VuContext;
}

export function bindDevice(context: VuContext, device: Device): void {
  (context as { [DEVICE]?: Device })[DEVICE] = device;
}

export function deviceOf(context: VuContext): Device {
  const device = (context as { [DEVICE]?: Device })[DEVICE];
  if (device === undefined) throw new Error("no device belongs to this virtual user");
  return device;
}

/** Whoever runs the flow of this virtual user. */
export function bindFlow(context: VuContext, flow: object): void {
  (context as { [FLOW]?: object })[FLOW] = flow;
}

export function flowOf(context: VuContext): object {
  const flow = (context as { [FLOW]?: object })[FLOW];
  if (flow === undefined) throw new Error("this virtual user has no flow");
  return flow;
}

/** A failure with a name of the engine's own: safe as part of a metric's name, unlike a message. */
export class StepFailure extends Error {
  readonly failure: string;

  constructor(failure: string) {
    super(failure);
    this.failure = failure;
  }
}

/** A failure that ends a flow, or a bootstrap. Where it does not stand in a flow the device itself counts it. */
export function stepError(compiler: Compiler, failure: string): StepFailure {
  if (compiler.place === "flow") compiler.countError(failure);
  return failureNamed(failure);
}

/** A failure that was counted already. */
export function failureNamed(failure: string): StepFailure {
  let known = FAILURES.get(failure);
  if (known === undefined) {
    known = new StepFailure(failure);
    FAILURES.set(failure, known);
  }
  return known;
}

/** Says what a template gave that its key cannot take. Returns the name of the failure. */
export function unusable(
  compiler: Pick<Compiler, "tellError" | "where">,
  failure: ScriptFailure,
  key: string,
  value: unknown,
  problem: string,
): ScriptFailure {
  const shown = JSON.stringify(value) ?? String(value);
  const text = `${key} ${shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown} ${problem}`;
  compiler.tellError(new UnusableValue(failure, text), compiler.where);
  return failure;
}

const LONGEST_SHOWN = 200;

/** One for each name: a whole fleet fails with the same, and an Error keeps its stack. Names come from closed lists. */
const FAILURES = new Map<string, StepFailure>();

/** What comes after the step in `onConnect` and `onMessage` only runs if the connection is still the one it began in. */
export function sameConnection(compiler: Compiler, step: Step): Step {
  if (!endsWithConnection(compiler.place)) return step;
  return (context, callback) => {
    const device = deviceOf(context);
    const generation = device.generation;
    step(context, (error, result) => {
      if (device.generation === generation) callback(error, result ?? context);
    });
  };
}

/** A step of Artillery's own need not call back with the context, where it fails. */
export function withItsContext(step: Step): Step {
  return (context, callback) => step(context, (error) => callback(error, context));
}

// ---- schema pieces that several steps and the configuration share; messages say what is allowed --------------------

/** Node's timers hold no more: longer ones would go off at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

const duration = written(
  { notation: "duration" },
  z
    .unknown()
    .refine((value) => parseDuration(value) !== null, { error: DURATION_NOTATION, abort: true })
    .transform((value) => parseDuration(value) as number),
);

export const durationMs: z.ZodType<number> = duration.refine((value) => value <= LONGEST_TIMER_MS, {
  error: "a duration of at most 24 days",
});

export const positiveDuration: z.ZodType<number> = durationMs.refine((value) => value > 0, {
  error: "a duration above 0",
});

/** Four bytes of whole seconds, as MQTT 5 carries intervals. The value is in milliseconds; no timer is set for it here. */
export const secondsMs: z.ZodType<number> = duration.refine(
  (value) => value % 1000 === 0 && value / 1000 < NEVER_S,
  { error: "a duration of whole seconds, at most 4294967294 of them" },
);

/** This Session Expiry Interval means that the session does not expire. MQTT 5.0 section 3.1.2.11.2. */
export const NEVER_S = 0xff_ff_ff_ff;

/** A name in the script, of a variable or a function: a number is a mistake there. */
export const name: z.ZodType<string> = z
  .string({ error: "text" })
  .min(1, { error: "text that is not empty" });

/** Text that goes out: a number is its text. */
export const text: z.ZodType<string> = written(
  { notation: "text" },
  z.preprocess(textOfNumber, z.string({ error: "text" }).min(1, { error: "text that is not empty" })),
);

/** What can be known of a topic name before its variables have values. */
export const topicName: z.ZodType<string> = text.refine(
  (value) => value === "" || value.includes("{{") || topicProblem(value) === null,
  { error: "a topic name, without + and #" },
);

/** The value of a `qos`, once it is known. */
export const qosLevel: z.ZodType<0 | 1 | 2> = numeric(
  z.union([z.literal(0), z.literal(1), z.literal(2)], { error: "0, 1 or 2" }),
);
export const qos: z.ZodType<Setting<0 | 1 | 2>> = setting(qosLevel);
export const retain: z.ZodType<Setting<boolean>> = setting(boolean);

export const payload: z.ZodType<unknown> = z.union(
  [z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown()), z.array(z.unknown())],
  { error: "text, or an object or list that is sent as JSON" },
);

export const topics: z.ZodType<string | string[]> = z.union(
  [text, z.array(text).min(1, { error: "a list of at least one topic filter" })],
  {
    error: "a topic filter or a list of them",
  },
);

/**
 * Settings that may be left out: `connect: {}` or just `connect:`.
 *
 * @param keys one sentence for each, with its unit and default
 */
export function settings<T extends z.ZodRawShape>(
  shape: T,
  keys: Readonly<Record<keyof T, string>>,
): z.ZodType<z.output<z.ZodObject<T>>> {
  const object = written({ keys }, z.strictObject(shape));
  const read = written(
    { notation: "nothing" },
    z.preprocess((value) => value ?? {}, object),
  );
  return read as unknown as z.ZodType<z.output<z.ZodObject<T>>>;
}
