import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ArtilleryScript, testRunId } from "../artillery.ts";
import {
  DEFAULT_OUTPUT,
  FILES,
  type LabEnd,
  type LabRecord,
  PLUGIN_NAME,
  SCHEMA_VERSION,
  safeFileName,
} from "../contract.ts";
import { writeWhole } from "../files/write-whole.ts";
import { booleanOfText } from "../scalar-text.ts";

/** The files of this run belong here; null where the script does not name the plugin that reads them. */
export function runDirectory({ config }: ArtilleryScript): string | null {
  const plugin = config.plugins?.[PLUGIN_NAME];
  if (plugin === undefined) return null;
  const { output } = (plugin ?? {}) as { output?: unknown };
  return resolve(typeof output === "string" ? output : DEFAULT_OUTPUT, safeFileName(testRunId()));
}

/** The plugin serves what workers count while the run goes on: they are to tell it. */
export function isMonitored({ config }: ArtilleryScript): boolean {
  const { prometheus = null } = (config.plugins?.[PLUGIN_NAME] ?? {}) as { prometheus?: unknown };
  return prometheus !== null && booleanOfText(prometheus) !== false;
}

/**
 * Adds to `lab.json` what of the lab has ended.
 *
 * @throws what `writeWhole` throws
 */
export function noteLabEnd(directory: string, end: LabEnd): void {
  const path = join(directory, FILES.lab);
  const record: LabRecord = { schemaVersion: SCHEMA_VERSION, ended: [...earlierEnds(path), end] };
  writeWhole(path, JSON.stringify(record));
}

function earlierEnds(path: string): LabEnd[] {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as LabRecord).ended;
  } catch {
    return [];
  }
}
