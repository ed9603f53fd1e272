import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "artillery-engine-mqtt/contract";
import type { Report } from "./config.ts";
import { percentilesCsv } from "./csv/percentiles.ts";
import { timelineCsv } from "./csv/timeline.ts";
import type { MergedRun } from "./merge.ts";
import type { Summary } from "./summary-schema.ts";

/** Writes what `report` asks for into `directory` and returns the paths. */
export function writeResults(
  directory: string,
  report: readonly Report[],
  run: MergedRun,
  summary: Summary,
): string[] {
  mkdirSync(directory, { recursive: true });
  const paths: string[] = [];
  const write = (name: string, text: string): void => {
    const path = join(directory, name);
    // Renamed when whole: who reads the directory meanwhile never sees half a file.
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
    paths.push(path);
  };
  if (report.includes("csv")) {
    write(FILES.percentiles, percentilesCsv(run));
    write(FILES.timeline, timelineCsv(run.timeline));
  }
  // Last, for it is what others wait for.
  if (report.includes("json")) write(FILES.summary, `${JSON.stringify(summary, null, 2)}\n`);
  return paths;
}
