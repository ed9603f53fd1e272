import { writeHlogHead } from "artillery-engine-mqtt/contract";
import * as hdr from "hdr-histogram-js";
import { addHistograms } from "./histogram.ts";
import type { MergedRun } from "./merge.ts";

/** `merged.hlog`: all workers, one interval per tag that spans the run. HdrHistogram log format 1.3. */
export function mergedHlog(run: MergedRun): string {
  const lines: string[] = [];
  const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
  writeHlogHead(writer, run.startedAtMs);
  for (const [tag, histogram] of [...run.histograms].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const copy = addHistograms([histogram]);
    copy.tag = tag;
    writer.outputIntervalHistogram(copy, run.startedAtMs / 1000, run.endedAtMs / 1000, 1_000_000);
  }
  return lines.join("").replace(/\n\n/g, "\n");
}
