import { join } from "node:path";
import { writeWhole } from "artillery-engine-mqtt/contract";
import { junitXml } from "../ci/junit.ts";
import type { Report } from "../config/config.ts";
import { percentilesCsv } from "../csv/percentiles.ts";
import { timelineCsv } from "../csv/timeline.ts";
import type { Difference } from "../judge/differences.ts";
import { percentileTable } from "../judge/percentile-table.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { RUN_FILES } from "../run/file-names.ts";
import type { MergedRun } from "../run/merge.ts";
import { mergedHlog } from "../run/merged-hlog.ts";
import { thisWriter } from "../run/this-writer.ts";
import { reportPage } from "./report-page.ts";

export interface Written {
  paths: string[];
  /** Sentences on what could not be written, each with its path. */
  problems: string[];
}

/**
 * Writes what `report` asks for into `directory`. A file that cannot be written does not keep the others from it.
 *
 * @param measured the run that a forecast is held against
 */
export function writeResults(
  directory: string,
  report: readonly Report[],
  run: MergedRun,
  summary: Summary,
  script: string | null,
  measured?: { run: MergedRun; summary: Summary; differences: Difference[] } | null,
): Written {
  const written: Written = { paths: [], problems: [] };
  const write = (kind: Report, name: string, text: () => string): void => {
    if (!report.includes(kind)) return;
    const path = join(directory, name);
    try {
      writeWhole(path, text(), thisWriter(process.env));
      written.paths.push(path);
    } catch (error) {
      written.problems.push(
        `${path} could not be written: ${error instanceof Error ? error.message : error}`,
      );
    }
  };
  write("csv", RUN_FILES.percentiles, () => percentilesCsv(percentileTable(run)));
  write("csv", RUN_FILES.timeline, () => timelineCsv(run.timeline));
  write("hlog", RUN_FILES.histograms, () => mergedHlog(run));
  write("html", RUN_FILES.report, () => reportPage({ run, summary, script }, measured));
  write("junit", RUN_FILES.junit, () => junitXml(summary));
  // It is written last, for it is what others wait for.
  write("json", RUN_FILES.summary, () => `${JSON.stringify(summary, null, 2)}\n`);
  return written;
}
