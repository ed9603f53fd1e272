import { join } from "node:path";
import { type Summary, summarySchema } from "../judge/summary-schema.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { LIMITS } from "../run/limits.ts";
import { readTextFile, UnreadableFile } from "../run/read-file.ts";

/**
 * `summary.json` of a directory; null where there is none.
 *
 * @throws an error whose message says why it cannot be used, and what writes it again
 */
export function readSummary(directory: string): Summary | null {
  const path = join(directory, RUN_FILES.summary);
  const remedy = `\`mqtt-results report ${directory}\` writes it again`;
  let json: unknown;
  try {
    json = JSON.parse(readTextFile(path, LIMITS.summaryBytes));
  } catch (error) {
    if (error instanceof UnreadableFile && error.code === "ENOENT") return null;
    throw new Error(`${path} cannot be read: ${(error as Error).message}; ${remedy}`);
  }
  const parsed = summarySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".").slice(0, LIMITS.nameChars);
  throw new Error(`${path} is not a summary of this version: ${where}: ${issue?.message}; ${remedy}`);
}
