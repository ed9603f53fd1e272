import { closeSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import * as hdr from "hdr-histogram-js";
import { FILES, type WorkerRecord } from "../contract.ts";
import { GrowingFile } from "./growing-file.ts";
import type { Histograms } from "./histograms.ts";
import { Timeline } from "./timeline.ts";

/**
 * The files of one worker, grown at every flush so that a worker that is killed leaves all but its last seconds. Writes
 * are synchronous: the last flush happens while the thread exits. A full disk is reported once, and the run goes on.
 */
export class WorkerFiles {
  readonly #recordPath: string;
  readonly #onProblem: (message: string) => void;
  /** Null where they could not be made. */
  #histograms: GrowingFile | null = null;
  #timeline: GrowingFile | null = null;
  /** Held for the record, a new file each time, against devices that take every descriptor there is. */
  #spareDescriptor: number | null = null;
  #failed = false;
  #flushedAtMs: number;

  constructor(
    directory: string,
    workerId: string,
    startedAtMs: number,
    onProblem: (message: string) => void,
  ) {
    this.#recordPath = join(directory, FILES.workerRecord(workerId));
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
      this.#histograms = new GrowingFile(join(directory, FILES.workerHistograms(workerId)));
      this.#timeline = new GrowingFile(join(directory, FILES.workerTimeline(workerId)));
      this.#histograms.append(lines.join("").replace(/\n\n/g, "\n"));
      this.#timeline.append(`${Timeline.header}\n`);
      this.#holdSpare();
    });
  }

  /** What was recorded since the last flush. */
  flush(nowMs: number, histograms: Histograms, timelineLines: readonly string[], record: WorkerRecord): void {
    const lines: string[] = [];
    const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
    histograms.takeInterval((histogram) => {
      writer.outputIntervalHistogram(histogram, this.#flushedAtMs / 1000, nowMs / 1000, 1_000_000);
    });
    this.#flushedAtMs = nowMs;
    this.#attempt(() => this.#histograms?.append(lines.join("")));
    this.#attempt(() => this.#timeline?.append(timelineLines.map((line) => `${line}\n`).join("")));
    this.#attempt(() => this.#writeRecord(JSON.stringify(record)));
  }

  /** After the last flush. */
  close(): void {
    this.#histograms?.close();
    this.#timeline?.close();
    if (this.#spareDescriptor !== null) closeSync(this.#spareDescriptor);
    this.#histograms = null;
    this.#timeline = null;
    this.#spareDescriptor = null;
  }

  #writeRecord(text: string): void {
    if (this.#spareDescriptor !== null) closeSync(this.#spareDescriptor);
    this.#spareDescriptor = null;
    try {
      // Renamed into place: whoever reads it sees a whole record.
      writeFileSync(`${this.#recordPath}.tmp`, text);
      renameSync(`${this.#recordPath}.tmp`, this.#recordPath);
    } finally {
      this.#holdSpare();
    }
  }

  #holdSpare(): void {
    try {
      this.#spareDescriptor = openSync(devNull, "r");
    } catch {
      // None is left: the next record may be written late, or the one after.
    }
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#onProblem(`mqtt: results cannot be written: ${(error as Error).message}; the run goes on`);
    }
  }
}
