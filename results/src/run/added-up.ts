import { FILES, type WorkerRecord } from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { getOrAdd } from "./get-or-add.ts";
import { placeIntervals } from "./interval-places.ts";
import { LatencySlots } from "./latency-slots.ts";
import { readHistograms } from "./read-histograms.ts";
import { readTimeline } from "./read-timeline.ts";
import { beyond, type RunBudget } from "./run-budget.ts";
import { TimelineSum } from "./timeline-sum.ts";

/**
 * What workers left. Histograms and rows are added up as they are read: of hundreds of workers those of each would take
 * more memory than there is.
 */
export interface AddedUp {
  records: WorkerRecord[];
  /** The key is the tag. */
  histograms: Map<string, hdr.Histogram>;
  /** Values of `METRICS_OVER_TIME` by when they were recorded. The key is the test run. */
  latencies: Map<string, LatencySlots>;
  /** The key is the test run, for each counts from a time zero of its own; here times are since the epoch. Merging takes the rows. */
  timelines: Map<string, TimelineSum>;
}

/** The files of one worker; a text is null where there is none. */
export interface WorkerTexts {
  record: WorkerRecord;
  histograms: string | null;
  timeline: string | null;
}

/** What makes times of one worker those of the run. */
export interface Correction {
  /** Its timeline is moved by so many milliseconds, whole rows. */
  rowsMovedMs: number;
  /** So much later than the first worker it came to each storm, by the storm's index: its devices were cut so much later. */
  cutDelaysMs: ReadonlyMap<number, number>;
}

export function addWorker(
  { records, histograms, latencies, timelines }: AddedUp,
  id: string,
  texts: WorkerTexts,
  { rowsMovedMs, cutDelaysMs }: Correction,
  budget: RunBudget,
  problems: string[],
): void {
  records.push(texts.record);
  if (texts.histograms !== null) {
    const name = FILES.workerHistograms(id);
    const { testRunId } = texts.record;
    const slots = getOrAdd(latencies, testRunId, () => new LatencySlots());
    const placed = placeIntervals(slots, texts.record, rowsMovedMs);
    readHistograms(texts.histograms, name, problems, budget, histograms, cutDelaysMs, placed);
  }
  if (texts.timeline === null) return;
  const name = FILES.workerTimeline(id);
  const rows = readTimeline(texts.timeline, name, problems, budget);
  if (rowsMovedMs !== 0) for (const row of rows) row.t_ms += rowsMovedMs;
  const sum = getOrAdd(timelines, texts.record.testRunId, () => new TimelineSum());
  const { leftOut, missing } = sum.addWorker(rows, budget);
  if (leftOut > 0) problems.push(`${name}: ${leftOut} rows were left out: ${beyond("rows")}`);
  if (missing > 0) problems.push(`${name}: ${missing} missing rows were not filled: ${beyond("filledRows")}`);
}
