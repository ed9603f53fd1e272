import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as hdr from "hdr-histogram-js";
import { FILES, type WorkerRecord } from "../contract.ts";
import type { Histograms } from "./histograms.ts";
import { Timeline } from "./timeline.ts";

/**
 * The files of one worker, grown at every flush so that a worker that is killed leaves all but its last seconds. Writes
 * are synchronous: the last flush happens while the thread exits. A full disk is reported once, and the run goes on.
 */
export class WorkerFiles {
  readonly #paths: { histograms: string; timeline: string; record: string };
  readonly #onProblem: (message: string) => void;
  #failed = false;
  #flushedAtMs: number;

  constructor(
    directory: string,
    workerId: string,
    startedAtMs: number,
    onProblem: (message: string) => void,
  ) {
    this.#paths = {
      histograms: join(directory, FILES.workerHistograms(workerId)),
      timeline: join(directory, FILES.workerTimeline(workerId)),
      record: join(directory, FILES.workerRecord(workerId)),
    };
    this.#onProblem = onProblem;
    this.#flushedAtMs = startedAtMs;
    this.#attempt(() => {
      mkdirSync(directory, { recursive: true });
      const lines: string[] = [];
      const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
      writer.outputLogFormatVersion();
      writer.outputComment("[Values are microseconds; tag = metric;cohort, the cohort URI-encoded]");
      writer.outputStartTime(startedAtMs);
      writer.outputLegend();
      writeFileSync(this.#paths.histograms, lines.join("").replace(/\n\n/g, "\n"));
      writeFileSync(this.#paths.timeline, `${Timeline.header}\n`);
    });
  }

  /** What was recorded since the last flush. */
  flush(nowMs: number, histograms: Histograms, timelineLines: readonly string[], record: WorkerRecord): void {
    this.#attempt(() => {
      const lines: string[] = [];
      const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
      histograms.takeInterval((histogram) => {
        writer.outputIntervalHistogram(histogram, this.#flushedAtMs / 1000, nowMs / 1000, 1_000_000);
      });
      this.#flushedAtMs = nowMs;
      if (lines.length > 0) appendFileSync(this.#paths.histograms, lines.join(""));
      if (timelineLines.length > 0) appendFileSync(this.#paths.timeline, `${timelineLines.join("\n")}\n`);
      // Renamed into place: whoever reads it sees a whole record.
      writeFileSync(`${this.#paths.record}.tmp`, JSON.stringify(record));
      renameSync(`${this.#paths.record}.tmp`, this.#paths.record);
    });
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#onProblem(
        `mqtt: results cannot be written: ${(error as Error).message}; the run goes on without`,
      );
    }
  }
}
