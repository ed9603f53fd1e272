import { DURATION_NOTATION, parseDuration } from "artillery-engine-mqtt/contract";
import { type Command, CommanderError, InvalidArgumentError } from "commander";

/** Parsers of option values, and what all commands here do with a bad one: say it, and end with exit code 1. */

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < from || value > to) {
      throw new InvalidArgumentError(`A whole number from ${from} to ${to} is expected.`);
    }
    return value;
  };
}

export function wholeNumbers(from: number, to: number): (text: string) => number[] {
  return (text) => text.split(",").map(wholeNumber(from, to));
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("A number above 0 is expected.");
  return value;
}

/** Reads Artillery's notation, in which a bare number is seconds. Returns milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError(`Expected is ${DURATION_NOTATION}.`);
  return ms;
}

export function listOf<Name extends string>(allowed: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !allowed.includes(name as Name));
    if (unknown !== undefined) throw new InvalidArgumentError(`Allowed are ${allowed.join(", ")}.`);
    return [...new Set(names)] as Name[];
  };
}

/** The options, or the exit code that the command ends with: 0 after `--help`, 1 for a bad command line. */
export function parseCommandLine<Options extends object>(
  program: Command,
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
): { options: Options } | { exitCode: number } {
  program.exitOverride().allowExcessArguments(false).configureOutput({ writeOut: out, writeErr: err });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 1 };
    throw error;
  }
  return { options: program.opts<Options>() };
}
