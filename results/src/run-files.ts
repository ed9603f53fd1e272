import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  FILES,
  LATER_TIMELINE_EVENTS,
  type LabEnd,
  type LabRecord,
  parseHistogramTag,
  SCHEMA_VERSION,
  TIMELINE_COLUMNS,
  type TimelineColumn,
  WORKER_RECORD_FILE,
  type WorkerRecord,
} from "artillery-engine-mqtt/contract";
import * as hdr from "hdr-histogram-js";
import { z } from "zod";
import { parseCsv } from "./csv/parse.ts";
import { emptyHistogram } from "./histogram.ts";
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
  const run: RunFiles = { workers: [], labEnds: [], problems: [] };
  for (const directory of directories) {
    const names = existsSync(directory) ? readdirSync(directory).sort() : [];
    const problems: string[] = [];
    for (const id of workerIds(names)) {
      if (besides.has(id)) continue;
      const worker = readWorker(directory, id, problems);
      if (worker) run.workers.push(worker);
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
  ended: z.array(z.object({ name: z.string(), how: z.string(), atMs: z.number() })),
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
  const histograms = readText(directory, FILES.workerHistograms(id), problems);
  const timeline = readText(directory, FILES.workerTimeline(id), problems);
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

function readText(directory: string, name: string, problems: string[]): string | null {
  try {
    return readFileSync(join(directory, name), "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    problems.push(missing ? `${name} is missing` : `${name} cannot be read: ${(error as Error).message}`);
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

/** `[Tag=…,]start,length,max,histogram`, see HistogramLogWriter. */
const HLOG_LINE = /^(?:Tag=([^,]*),)[^,]+,[^,]+,[^,]+,(\S+)$/;

export function readHistograms(text: string, name: string, problems: string[]): Map<string, hdr.Histogram> {
  const sums = new Map<string, hdr.Histogram>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || line.startsWith("#") || line.startsWith('"')) continue;
    const [, tag, encoded] = HLOG_LINE.exec(line) ?? [];
    try {
      if (!tag || !encoded || parseHistogramTag(tag) === null) throw new Error("not an interval");
      const interval = hdr.decodeFromCompressedBase64(encoded);
      const sum = sums.get(tag) ?? emptyHistogram();
      sum.add(interval);
      sums.set(tag, sum);
    } catch {
      problems.push(`${name} line ${i + 1} is damaged and was skipped`);
    }
  }
  return sums;
}

function isLater(column: TimelineColumn): boolean {
  return (LATER_TIMELINE_EVENTS as readonly string[]).includes(column);
}

export function readTimeline(text: string, name: string, problems: string[]): TimelineRow[] {
  const { rows, truncated } = parseCsv(text);
  const [header = [], ...body] = rows;
  const index = new Map(header.map((column, i) => [column, i]));
  const unknown = TIMELINE_COLUMNS.filter((column) => !index.has(column) && !isLater(column));
  if (unknown.length > 0) {
    problems.push(`${name} has no column ${unknown.join(", ")}; it was skipped`);
    return [];
  }
  const read: TimelineRow[] = [];
  let damaged = truncated ? 1 : 0;
  for (const fields of body) {
    const row = emptyRow(Number(fields[index.get("t_ms") ?? -1]), fields[index.get("cohort") ?? -1] ?? "");
    for (const value of TIMELINE_VALUES) {
      const at = index.get(value);
      row[value] = at === undefined ? 0 : Number(fields[at] || Number.NaN);
    }
    const whole = fields.length === header.length && Number.isSafeInteger(row.t_ms);
    if (whole && TIMELINE_VALUES.every((value) => Number.isFinite(row[value]))) read.push(row);
    else damaged++;
  }
  if (damaged > 0) problems.push(`${name}: ${damaged} damaged row${damaged > 1 ? "s were" : " was"} skipped`);
  return read;
}
