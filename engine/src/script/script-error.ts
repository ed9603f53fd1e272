import type { ScriptFailure } from "../device/script-failures.ts";

/** Something that the user wrote went wrong. Nobody has counted it yet; its text says what is wrong. */
export class ScriptError extends Error {
  readonly failure: ScriptFailure;
  /** Its text was told where it happened. */
  readonly isTold: boolean;

  constructor(failure: ScriptFailure, message: string, isTold: boolean = false) {
    super(message);
    this.failure = failure;
    this.isTold = isTold;
  }
}

/** A template gave a value that its key cannot take: the text shows the value of one device. */
export class UnusableValue extends ScriptError {}

/** What was thrown, whatever it is. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
