import { closeSync, existsSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import * as hdr from "hdr-histogram-js";
import { FILES, type UnwrittenFiles, type WorkerRecord, writeHlogHead } from "../contract.ts";
import { GrowingFile } from "../files/growing-file.ts";
import { writeWhole } from "../files/write-whole.ts";
import type { Histograms } from "./histograms.ts";
import { Timeline } from "./timeline.ts";

/** Whom the files tell that they cannot be written. */
export interface FilesTeller {
  log(message: string): void;
  /** Called at the first failure, and at the last flush with all that was recorded. */
  unwritten(message: UnwrittenFiles): void;
}

/**
 * The files of one worker, grown at every flush so that a worker that is killed leaves all but its last seconds. Writes
 * are synchronous: the last flush happens while the thread exits. A full disk is reported once, and the run goes on: what
 * could not be written is handed on at the end.
 */
export class WorkerFiles {
  readonly #workerId: string;
  readonly #recordPath: string;
  readonly #teller: FilesTeller;
  readonly #histograms: GrowingFile;
  readonly #timeline: GrowingFile;
  /** Held for the record, a new file each time, against devices that take every descriptor there is. */
  #spareDescriptor: number | null = null;
  /** The reason why they could not be written, the first time. */
  #problem: string | null = null;
  #flushedAtMs: number;

  constructor(directory: string, workerId: string, startedAtMs: number, teller: FilesTeller) {
    this.#workerId = workerId;
    this.#recordPath = join(directory, FILES.workerRecord(workerId));
    this.#histograms = new GrowingFile(join(directory, FILES.workerHistograms(workerId)));
    this.#timeline = new GrowingFile(join(directory, FILES.workerTimeline(workerId)));
    this.#teller = teller;
    this.#flushedAtMs = startedAtMs;
    const lines: string[] = [];
    const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
    writeHlogHead(writer, startedAtMs);
    this.#attempt(() => this.#histograms.append(lines.join("").replace(/\n\n/g, "\n")));
    this.#attempt(() => this.#timeline.append(`${Timeline.header}\n`));
    this.#holdSpare();
  }

  /**
   * What was recorded since the last flush; `last` hands on what is not in the files after it.
   *
   * @returns the lines of histograms
   */
  flush(
    nowMs: number,
    histograms: Histograms,
    timelineLines: readonly string[],
    record: WorkerRecord,
    last = false,
  ): string {
    const lines: string[] = [];
    const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
    histograms.takeInterval((histogram) => {
      writer.outputIntervalHistogram(histogram, this.#flushedAtMs / 1000, nowMs / 1000, 1_000_000);
    });
    this.#flushedAtMs = nowMs;
    const intervals = lines.join("");
    this.#attempt(() => this.#histograms.append(intervals));
    this.#attempt(() => this.#timeline.append(timelineLines.map((line) => `${line}\n`).join("")));
    const isRecorded = this.#attempt(() => this.#writeRecord(JSON.stringify(record)));
    if (last && !(isRecorded && this.#areInPlace())) this.#handOn(record);
    return intervals;
  }

  #areInPlace(): boolean {
    return this.#histograms.isInPlace && this.#timeline.isInPlace && existsSync(this.#recordPath);
  }

  #handOn(record: WorkerRecord): void {
    this.#teller.unwritten({
      workerId: this.#workerId,
      problem: this.#problem ?? "they were removed during the run",
      files: { record, histograms: this.#histograms.text(), timeline: this.#timeline.text() },
    });
  }

  /** Called after the last flush. */
  close(): void {
    this.#histograms.close();
    this.#timeline.close();
    if (this.#spareDescriptor !== null) closeSync(this.#spareDescriptor);
    this.#spareDescriptor = null;
  }

  #writeRecord(text: string): void {
    if (this.#spareDescriptor !== null) closeSync(this.#spareDescriptor);
    this.#spareDescriptor = null;
    try {
      writeWhole(this.#recordPath, text);
    } finally {
      this.#holdSpare();
    }
  }

  #holdSpare(): void {
    try {
      this.#spareDescriptor = openSync(devNull, "r");
    } catch {
      // There is none left: the next record may be written late, or the one after.
    }
  }

  #attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (this.#problem !== null) return false;
      this.#problem = (error as Error).message;
      this.#teller.log(`mqtt: results cannot be written: ${this.#problem}; the run goes on`);
      this.#teller.unwritten({ workerId: this.#workerId, problem: this.#problem, files: null });
      return false;
    }
  }
}
