import { parseEnv } from "node:util";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { invalid } from "./io.ts";

/**
 * The variables of a file of `NAME=value` lines. Their values are secrets.
 *
 * @throws a CommandError that names the file, and nothing of what is in it
 */
export function readDotenv(path: string): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(parseEnv(readTextFile(path, LIMITS.scriptBytes))).map(([name, value = ""]) => [
        name,
        value,
      ]),
    );
  } catch (error) {
    throw invalid(
      `--dotenv ${path}: cannot be read (${(error as Error).message}); allowed: a file of NAME=value lines`,
    );
  }
}
