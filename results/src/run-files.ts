import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  FILES,
  LATER_TIMELINE_EVENTS,
  type LabEnd,
  type LabRecord,
  SCHEMA_VERSION,
  TIMELINE_COLUMNS,
  type TimelineColumn,
  WORKER_RECORD_FILE,
  type WorkerRecord,
} from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { z } from "zod";
import { parseCsv } from "./csv/parse.ts";
import { LIMITS } from "./limits.ts";
import { readTextFile, UnreadableFile } from "./read-file.ts";
import { readHistograms } from "./read-histograms.ts";
import { emptyRow, TIMELINE_VALUES, type TimelineRow } from "./timeline.ts";
import { workerRecordSchema } from "./worker-record.ts";

/** What one worker left: its intervals added up per tag. */
export interface WorkerFiles {
  record: WorkerRecord;
  histograms: Map<string, hdr.Histogram>;
  timelineRows: TimelineRow[];
}

export interface RunFiles {
  workers: WorkerFiles[];
  /** Directories in which there was a worker that could be read. */
  readable: Set<string>;
  /** Parts of the lab that ended by themselves. */
  labEnds: LabEnd[];
  /** Sentences on what is missing: what could not be read, and what of the lab was not there to the end. */
  problems: string[];
}

/**
 * Reads the worker files of one run, which may lie in several directories (one per machine). Never throws for content.
 *
 * @param besides ids of workers whose files are known to be out of date, or none
 */
export function readRun(directories: readonly string[], besides: ReadonlySet<string> = new Set()): RunFiles {
  const run: RunFiles = { workers: [], readable: new Set(), labEnds: [], problems: [] };
  for (const directory of directories) {
    const names = existsSync(directory) ? readdirSync(directory).sort() : [];
    const problems: string[] = [];
    const ids = workerIds(names);
    if (ids.length > LIMITS.workers) {
      problems.push(`${ids.length} workers; the first ${LIMITS.workers} were read`);
    }
    for (const id of ids.slice(0, LIMITS.workers)) {
      if (besides.has(id)) continue;
      const worker = readWorker(directory, id, problems);
      if (worker === null) continue;
      run.workers.push(worker);
      run.readable.add(directory);
    }
    if (names.includes(FILES.lab)) {
      const ends = readLabEnds(directory, problems);
      run.labEnds.push(...ends);
      problems.push(...ends.map(({ name, how, atMs }) => `${name} ended at ${isoTime(atMs)} (${how})`));
    }
    const where = directories.length > 1 ? `${directory}: ` : "";
    run.problems.push(...problems.map((problem) => `${where}${problem}`));
  }
  return run;
}

const labRecordSchema: z.ZodType<LabRecord> = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  ended: z
    .array(z.object({ name: z.string(), how: z.string(), atMs: z.number().min(0).max(8.64e15) }))
    .max(LIMITS.problems),
});

function readLabEnds(directory: string, problems: string[]): LabEnd[] {
  const text = readText(directory, FILES.lab, problems);
  try {
    return text === null ? [] : labRecordSchema.parse(JSON.parse(text)).ended;
  } catch {
    problems.push(`${FILES.lab} is damaged: a part of the lab ended during the run`);
    return [];
  }
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Workers that may be about to write: their record says that they run, or it cannot be read just now. */
export function unfinishedWorkers(directory: string): { id: string; updatedAtMs: number }[] {
  return workerRecordNames(directory).flatMap((name) => {
    const record = readRecord(directory, name, []);
    const id = WORKER_RECORD_FILE.exec(name)?.[1] ?? "";
    if (record === null) return { id, updatedAtMs: modifiedAtMs(join(directory, name)) };
    return record.state === "running" ? { id, updatedAtMs: record.updatedAtMs } : [];
  });
}

export function workerRecordNames(directory: string): string[] {
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return names.filter((name) => WORKER_RECORD_FILE.test(name));
}

function modifiedAtMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Also of workers that left a histogram or timeline but no record. */
function workerIds(names: readonly string[]): string[] {
  const patterns = [WORKER_RECORD_FILE, /^worker-(.+)\.hlog$/, /^worker-(.+)\.timeline\.csv$/];
  const ids = names.flatMap((name) => patterns.flatMap((pattern) => pattern.exec(name)?.[1] ?? []));
  return [...new Set(ids)];
}

function readWorker(directory: string, id: string, problems: string[]): WorkerFiles | null {
  const record = readRecord(directory, FILES.workerRecord(id), problems);
  if (record === null) return null;
  const histograms = readText(directory, FILES.workerHistograms(id), problems, LIMITS.histogramLogBytes);
  const timeline = readText(directory, FILES.workerTimeline(id), problems, LIMITS.timelineBytes);
  return parseWorker(id, { record, histograms, timeline }, problems);
}

/** From the texts of its files; null for one that is missing. */
export function parseWorker(
  id: string,
  {
    record,
    histograms,
    timeline,
  }: { record: WorkerRecord; histograms: string | null; timeline: string | null },
  problems: string[],
): WorkerFiles {
  return {
    record,
    histograms:
      histograms === null ? new Map() : readHistograms(histograms, FILES.workerHistograms(id), problems),
    timelineRows: timeline === null ? [] : readTimeline(timeline, FILES.workerTimeline(id), problems),
  };
}

function readText(
  directory: string,
  name: string,
  problems: string[],
  mostBytes: number = LIMITS.jsonBytes,
): string | null {
  try {
    return readTextFile(join(directory, name), mostBytes);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const missing = error.code === "ENOENT";
    problems.push(missing ? `${name} is missing` : `${name} cannot be read: ${error.message}`);
    return null;
  }
}

function readRecord(directory: string, name: string, problems: string[]): WorkerRecord | null {
  const text = readText(directory, name, problems);
  if (text === null) return null;
  try {
    const parsed = workerRecordSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    problems.push(`${name} is not a worker record: ${issue?.path.join(".")}: ${issue?.message}`);
  } catch {
    problems.push(`${name} is not JSON; was the worker killed while it wrote?`);
  }
  return null;
}

function isLater(column: TimelineColumn): boolean {
  return (LATER_TIMELINE_EVENTS as readonly string[]).includes(column);
}

export function readTimeline(text: string, name: string, problems: string[]): TimelineRow[] {
  const read: TimelineRow[] = [];
  let damaged = 0;
  let take: ((fields: string[]) => TimelineRow | null) | null = null;
  let unknown: TimelineColumn[] = [];
  const { truncated } = parseCsv(text, (fields) => {
    if (take === null) {
      unknown = TIMELINE_COLUMNS.filter((column) => !fields.includes(column) && !isLater(column));
      take = unknown.length > 0 ? () => null : rowReader(fields);
      return;
    }
    const row = take(fields);
    if (row === null) damaged++;
    else read.push(row);
  });
  if (take === null) unknown = TIMELINE_COLUMNS.filter((column) => !isLater(column));
  if (unknown.length > 0) {
    problems.push(`${name} has no column ${unknown.join(", ")}; it was skipped`);
    return [];
  }
  if (truncated) damaged++;
  if (damaged > 0) problems.push(`${name}: ${damaged} damaged row${damaged > 1 ? "s were" : " was"} skipped`);
  return read;
}

/** Reads rows under this header; null for one that is damaged. */
function rowReader(header: readonly string[]): (fields: readonly string[]) => TimelineRow | null {
  const timeAt = header.indexOf("t_ms");
  const cohortAt = header.indexOf("cohort");
  const values = TIMELINE_VALUES.map((value) => [value, header.indexOf(value)] as const);
  return (fields) => {
    if (fields.length !== header.length) return null;
    const row = emptyRow(Number(fields[timeAt]), fields[cohortAt] ?? "");
    if (!Number.isSafeInteger(row.t_ms)) return null;
    for (const [value, at] of values) {
      if (at === -1) continue;
      // An empty field is no zero.
      row[value] = Number(fields[at] || Number.NaN);
      if (!Number.isFinite(row[value])) return null;
    }
    return row;
  };
}
