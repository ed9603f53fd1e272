import { relative, resolve } from "node:path";
import { makeDirectory, writeWhole } from "artillery-engine-mqtt/contract";
import type { Written } from "../directory/write-results.ts";
import { CommandError } from "./io.ts";

/** Writes each text to the file of its name. One that cannot be written does not keep the others from it. */
export function writeTexts(directory: string, texts: Readonly<Record<string, string>>): Written {
  const written: Written = { paths: [], problems: [] };
  for (const [name, text] of Object.entries(texts)) {
    const path = resolve(directory, name);
    try {
      writeWhole(path, text);
      written.paths.push(relative(process.cwd(), path));
    } catch (error) {
      written.problems.push(`${path} could not be written: ${(error as Error).message}`);
    }
  }
  return written;
}

/** What takes minutes is not begun where its results cannot go. */
export function makeOrRefuse(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new CommandError(`${directory} cannot be made: ${(error as Error).message}`);
  }
}
