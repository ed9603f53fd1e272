/** Artillery's untyped edge, typed once. Everything else in the engine sees Artillery through this file. */

import { isMainThread } from "node:worker_threads";
import { printableLines } from "./printable.ts";
import { maskHidden } from "./secrets/secret-text.ts";

/** A virtual user's context; Artillery makes one per arrival. */
export interface VuContext {
  vars: Record<string, unknown>;
  funcs?: Record<string, (...args: unknown[]) => unknown>;
  _uid?: string;
  [key: string]: unknown;
}

export type StepCallback = (error: Error | null, context?: VuContext) => void;

/** One step of a flow, in the shape that Artillery's own helpers call. */
export type Step = (context: VuContext, callback: StepCallback) => void;

/** Emitter of one run: counters, histograms, errors, `started`. */
export interface RunEvents {
  emit(event: "counter" | "histogram", name: string, value: number): unknown;
  emit(event: "error", name: string): unknown;
  emit(event: "started"): unknown;
}

/** Emitter of one worker: `phaseStarted`, `phaseCompleted`, `stats`, `done`. */
export interface WorkerEvents {
  on?(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface CaptureResult {
  captures: Record<string, { value?: unknown; error?: unknown; failed?: boolean }>;
  matches: Record<string, { success?: boolean; expected?: unknown; got?: unknown }>;
  failedCaptures: boolean;
}

/** `engine_util` of Artillery 2: the third constructor argument. */
export interface Helpers {
  createThink(spec: { think: unknown; jitter?: unknown }, options?: Record<string, unknown>): Step;
  createLoopWithCount(count: number | string, steps: Step[], options: Record<string, unknown>): Step;
  createParallel(steps: Step[], options: Record<string, unknown>): Step;
  template(value: unknown, context: VuContext): unknown;
  captureOrMatch(
    spec: Record<string, unknown>,
    response: { body: unknown; headers?: Record<string, string> },
    context: VuContext,
    done: (error: Error | null, result: CaptureResult | null) => void,
  ): void;
}

/** A function of the user's processor file. */
export type ProcessorFunction = (
  context: VuContext,
  events: RunEvents,
  done: (error?: Error | null) => void,
) => unknown;

export interface ArtilleryScript {
  config: {
    target?: unknown;
    phases?: unknown;
    engines?: Record<string, unknown>;
    plugins?: Record<string, unknown>;
    processor?: Record<string, unknown> | string;
    variables?: Record<string, unknown>;
    payload?: unknown;
    engine?: string;
    [key: string]: unknown;
  };
  scenarios?: unknown;
  before?: unknown;
  after?: unknown;
  /** The path of its file. */
  _scriptPath?: unknown;
  _configPath?: unknown;
  [key: string]: unknown;
}

/** Functions of the user's processor file; Artillery has loaded them before it makes the engine. */
export function processorOf({ config: { processor } }: ArtilleryScript): Record<string, ProcessorFunction> {
  return (typeof processor === "object" ? processor : {}) as Record<string, ProcessorFunction>;
}

interface ArtilleryGlobal {
  version?: unknown;
  testRunId?: string;
  suggestedExitCode?: number;
  log?(...args: unknown[]): void;
}

function artillery(): ArtilleryGlobal {
  return (globalThis as { artillery?: ArtilleryGlobal }).artillery ?? {};
}

/** Null where it does not say. */
export function artilleryVersion(): string | null {
  const { version } = artillery();
  return typeof version === "string" ? version : null;
}

export function testRunId(): string {
  return artillery().testRunId ?? "run";
}

/**
 * Writes through Artillery's own log, so that its spinner is not fought; from a worker thread it reaches the main thread. It may
 * hold text of devices, brokers and commands: line breaks and tabs are all that a terminal hears of it, and no hidden value.
 */
export function log(text: string): void {
  const { log: write } = artillery();
  const shown = printableLines(maskHidden(text));
  if (write) write(shown);
  else process.stderr.write(`${shown}\n`);
}

/** Exit code of the whole run, unless one was suggested already. */
export function suggestExitCode(code: number): void {
  const global = artillery();
  if (!global.suggestedExitCode) global.suggestedExitCode = code;
}

/**
 * Ends the run because of the script, with a message and an exit code that is not 0.
 *
 * In the main thread (a script with a `before` hook) that is exit code 1. In a worker thread only an uncaught error ends
 * a run for certain: a rejected `init()` hangs it as soon as there are two workers, a throwing constructor is swallowed
 * with a warning. Artillery's main thread prints the error and exits with 11.
 */
export function abortRun(text: string): void {
  const message = printableLines(maskHidden(text));
  if (isMainThread) {
    process.stderr.write(`${message}\n`);
    process.exit(1);
  }
  const error = new Error(message);
  error.stack = message;
  process.nextTick(() => {
    throw error;
  });
}

/** Artillery's main thread has printed what a worker logged before by then. */
const SAID_MS = 250;
/** Longer than Artillery takes to stop what has not begun. */
const STOPPED_MS = 10_000;

/**
 * Ends the run before it begins, as SIGTERM would: hooks after it and plugins have their turn, and the exit code is ours. It is for
 * worker threads, whose own end is always Artillery's 11. Windows knows no SIGTERM that a process may hear.
 *
 * @returns a promise that never settles: nothing goes on here
 */
export function endRun(text: string, code: number): Promise<never> {
  if (process.platform === "win32") {
    abortRun(text);
  } else {
    log(text);
    suggestExitCode(code);
    setTimeout(() => process.kill(process.pid, "SIGTERM"), SAID_MS);
    setTimeout(() => abortRun(text), STOPPED_MS);
  }
  return new Promise(() => {});
}

/** Where this worker runs: the container's id, empty on one machine, and the thread's number. */
export function whereabouts(): { container: string; thread: string } {
  return { container: process.env["WORKER_ID"] ?? "", thread: process.env["LOCAL_WORKER_ID"] ?? "0" };
}

/** So many containers the run is to have, by the environment; null where it does not say. */
export function containersDue(): number | null {
  const due = Number(process.env["MQTT_FLEET_CONTAINERS"] ?? "");
  return Number.isSafeInteger(due) && due > 0 ? due : null;
}
