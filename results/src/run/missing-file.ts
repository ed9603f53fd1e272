import { rmSync } from "node:fs";
import { join } from "node:path";
import { printable, writeWhole } from "artillery-engine-mqtt/contract";
import { RUN_FILES } from "./file-names.ts";
import { firstSentences } from "./first-sentences.ts";
import { LIMITS } from "./limits.ts";
import { readTextFile, UnreadableFile } from "./read-file.ts";

/** Keeps what is known to be missing from a directory with its files: whoever judges them later has to know it too. */
export function writeMissing(directory: string, sentences: readonly string[]): void {
  const path = join(directory, RUN_FILES.missing);
  if (sentences.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const kept = firstSentences(sentences, LIMITS.missing, "things that are missing");
  writeWhole(path, kept.map((sentence) => `${printable(sentence).slice(0, LIMITS.missingChars)}\n`).join(""));
}

/** Sentences on what is missing from a directory; where the file of them is damaged, that it is. */
export function readMissing(directory: string): string[] {
  const path = join(directory, RUN_FILES.missing);
  try {
    const lines = readTextFile(path, LIMITS.missingBytes).split("\n");
    const sentences = lines.map((line) => printable(line).slice(0, LIMITS.missingChars).trim());
    return firstSentences(
      sentences.filter((sentence) => sentence !== ""),
      LIMITS.missing,
      "things that are missing",
    );
  } catch (error) {
    if (error instanceof UnreadableFile && error.code === "ENOENT") return [];
    return [`${path} says what is missing, and cannot be read: ${(error as Error).message}`];
  }
}
