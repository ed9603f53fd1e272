import { EXIT_CODES } from "../judge/exit-codes.ts";

/** What a command prints to. */
export interface Io {
  out: (text: string) => void;
  err: (text: string) => void;
  colour: boolean;
}

/** Ends a command with a message for people and an exit code; no stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_CODES.resultsFailed.code) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What is given is not allowed; `message` names it, its value and what is. */
export function invalid(message: string): CommandError {
  return new CommandError(message, EXIT_CODES.invalidConfig.code);
}
