import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  FILES,
  type LabEnd,
  type LabRecord,
  SCHEMA_VERSION,
  WORKER_RECORD_FILE,
  type WorkerRecord,
} from "artillery-engine-mqtt/contract";
import { z } from "zod";
import { type AddedUp, addWorker, type Correction, type WorkerTexts } from "./added-up.ts";
import { type Clocks, clocksOf, rowsMovedMs } from "./clocks.ts";
import { type CutDelays, cutDelays } from "./cut-instants.ts";
import { firstSentences } from "./first-sentences.ts";
import { LIMITS } from "./limits.ts";
import { readTextFile, UnreadableFile } from "./read-file.ts";
import { beyond, RunBudget } from "./run-budget.ts";
import { workerRecordSchema } from "./worker-record.ts";

export interface RunFiles extends AddedUp {
  /** Directories in which there was a worker that could be read. */
  readable: Set<string>;
  /** Parts of the lab that ended by themselves. */
  labEnds: LabEnd[];
  /** Sentences on what is missing: what could not be read, and what of the lab was not there to the end. */
  problems: string[];
}

/** Files of workers that could not write them, by worker id: these are read, whatever the directory has of them. */
export type HandedOn = ReadonlyMap<string, WorkerTexts>;

/** Reads the worker files of one run, which may lie in several directories (one per machine). Never throws for content. */
export function readRun(directories: readonly string[], handedOn: HandedOn = new Map()): RunFiles {
  const run: RunFiles = {
    records: [],
    histograms: new Map(),
    latencies: new Map(),
    timelines: new Map(),
    readable: new Set(),
    labEnds: [],
    problems: [],
  };
  const budget = new RunBudget();
  // Records come first: they tell how the clocks were apart, and by that the rest is corrected.
  const found = directories.map((directory) => readRecords(run, directory, handedOn, budget));
  const records = [...found.flatMap(({ workers }) => workers), ...handedOn.values()].map((one) => one.record);
  const clocks = clocksOf(records);
  const corrections = { clocks, delays: cutDelays(records, clocks) };
  const problems = found.flatMap(({ directory, workers, problems: own }) => {
    for (const { id, record } of workers) readTexts(run, directory, id, record, corrections, budget, own);
    readLab(run, directory, own);
    return directories.length > 1 ? own.map((problem) => `${directory}: ${problem}`) : own;
  });
  for (const [id, texts] of handedOn) {
    addWorker(run, id, texts, correctionOf(corrections, texts.record), budget, problems);
  }
  run.problems = firstSentences(problems, LIMITS.run.problems, "problems");
  return run;
}

/** What of a directory was read, and what could not be. */
interface Found {
  directory: string;
  workers: { id: string; record: WorkerRecord }[];
  problems: string[];
}

function readRecords(run: RunFiles, directory: string, handedOn: HandedOn, budget: RunBudget): Found {
  const problems: string[] = [];
  const workers: Found["workers"] = [];
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const ids = workerIds(names);
  if (ids.length > LIMITS.workers) {
    problems.push(`${ids.length} workers; the first ${LIMITS.workers} were read`);
  }
  for (const id of ids.slice(0, LIMITS.workers)) {
    const record = handedOn.has(id) ? null : readRecordWithin(directory, id, budget, problems);
    if (record === null) continue;
    workers.push({ id, record });
    run.readable.add(directory);
  }
  return { directory, workers, problems };
}

function readLab(run: RunFiles, directory: string, problems: string[]): void {
  if (!existsSync(join(directory, FILES.lab))) return;
  for (const end of readLabEnds(directory, problems)) {
    run.labEnds.push(end);
    problems.push(labEndSentence(end));
  }
}

const name = z.string().max(LIMITS.nameChars);
const labRecordSchema: z.ZodType<LabRecord> = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  ended: z.array(z.object({ name, how: name, atMs: z.number().min(0).max(8.64e15) })).max(LIMITS.problems),
});

function readLabEnds(directory: string, problems: string[]): LabEnd[] {
  const text = readText(directory, FILES.lab, problems, LIMITS.scriptBytes);
  try {
    return text === null ? [] : labRecordSchema.parse(JSON.parse(text)).ended;
  } catch {
    problems.push(`${FILES.lab} is damaged: a part of the lab ended during the run`);
    return [];
  }
}

export function labEndSentence({ name, how, atMs }: LabEnd): string {
  return `${name} ended at ${new Date(atMs).toISOString()} (${how})`;
}

export interface UnfinishedWorker {
  id: string;
  /** Epoch milliseconds. */
  updatedAtMs: number;
  /** That of several of which it is a part; null where there is one, or that is not known. */
  container: string | null;
}

/** Workers that may be about to write: their record says that they run, or it cannot be read just now. */
export function unfinishedWorkers(directory: string): UnfinishedWorker[] {
  return workerRecordNames(directory).flatMap((name) => {
    const record = readRecord(directory, name, [], null);
    const id = WORKER_RECORD_FILE.exec(name)?.[1] ?? "";
    if (record !== null) {
      const { state, updatedAtMs, containerName } = record;
      const container = (record.container?.of ?? 1) > 1 ? containerName : null;
      return state === "running" ? [{ id, updatedAtMs, container }] : [];
    }
    const updatedAtMs = statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs;
    // It may have gone since the directory was listed.
    return updatedAtMs === undefined ? [] : { id, updatedAtMs, container: null };
  });
}

export function workerRecordNames(directory: string): string[] {
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return names.filter((name) => WORKER_RECORD_FILE.test(name));
}

/** Workers that left a histogram or timeline but no record are among them. */
/** Ids of the workers that left any file in the directory. */
export function workerIdsIn(directory: string): string[] {
  return workerIds(readdirSync(directory).sort());
}

function workerIds(names: readonly string[]): string[] {
  const patterns = [WORKER_RECORD_FILE, /^worker-(.+)\.hlog$/, /^worker-(.+)\.timeline\.csv$/];
  const ids = names.flatMap((name) => patterns.flatMap((pattern) => pattern.exec(name)?.[1] ?? []));
  return [...new Set(ids)];
}

/** Returns null where it has no record that can be read: all else is worth nothing without it. */
function readRecordWithin(
  directory: string,
  id: string,
  budget: RunBudget,
  problems: string[],
): WorkerRecord | null {
  const name = FILES.workerRecord(id);
  const record = readRecord(directory, name, problems, budget);
  if (record === null) return null;
  const tooMuch = budget.takeRecord(record);
  if (tooMuch === null) return record;
  problems.push(`${name} cannot be read: ${tooMuch}`);
  return null;
}

/** What all records together say of the workers' clocks. */
interface Corrections {
  clocks: Clocks;
  delays: CutDelays;
}

function correctionOf({ clocks, delays }: Corrections, record: WorkerRecord): Correction {
  return { rowsMovedMs: rowsMovedMs(clocks, record), cutDelaysMs: delays.get(record) ?? new Map() };
}

function readTexts(
  run: AddedUp,
  directory: string,
  id: string,
  record: WorkerRecord,
  corrections: Corrections,
  budget: RunBudget,
  problems: string[],
): void {
  const read = (kind: "histogramLogBytes" | "timelineBytes", file: string): string | null =>
    readText(directory, file, problems, LIMITS[kind], roomFor(kind, budget));
  const histograms = read("histogramLogBytes", FILES.workerHistograms(id));
  const timeline = read("timelineBytes", FILES.workerTimeline(id));
  const correction = correctionOf(corrections, record);
  addWorker(run, id, { record, histograms, timeline }, correction, budget, problems);
}

function roomFor(
  kind: "recordBytes" | "histogramLogBytes" | "timelineBytes",
  budget: RunBudget | null,
): (bytes: number) => string | null {
  return (bytes) => (budget === null || budget.take(kind, bytes) ? null : beyond(kind));
}

function readText(
  directory: string,
  name: string,
  problems: string[],
  mostBytes: number,
  refuse?: (bytes: number) => string | null,
): string | null {
  try {
    return readTextFile(join(directory, name), mostBytes, refuse);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const missing = error.code === "ENOENT";
    problems.push(missing ? `${name} is missing` : `${name} cannot be read: ${error.message}`);
    return null;
  }
}

function readRecord(
  directory: string,
  name: string,
  problems: string[],
  budget: RunBudget | null,
): WorkerRecord | null {
  const text = readText(directory, name, problems, LIMITS.recordBytes, roomFor("recordBytes", budget));
  if (text === null) return null;
  try {
    const parsed = workerRecordSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue?.path.join(".").slice(0, LIMITS.nameChars);
    problems.push(`${name} is not a worker record: ${where}: ${issue?.message}`);
  } catch {
    problems.push(`${name} is not JSON; was the worker killed while it wrote?`);
  }
  return null;
}
