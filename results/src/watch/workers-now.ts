import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { WORKER_RECORD_FILE } from "artillery-engine-mqtt/contract";
import type { WorkerNow } from "../judge/storm-progress.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { readTimeline } from "../run/read-timeline.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { workerRecordSchema } from "../run/worker-record.ts";

/** So many bytes are more than two seconds of rows of a hundred cohorts; no read is longer. */
const TAIL_BYTES = 128 * 1024;

/** Reads records, and of a timeline only its end. What cannot be read just now is left out. */
export async function readWorkersNow(directory: string): Promise<WorkerNow[]> {
  const names = await readdir(directory).catch(() => []);
  const ids = names.flatMap((name) => WORKER_RECORD_FILE.exec(name)?.[1] ?? []);
  const workers = await Promise.all(ids.map((id) => readWorkerNow(directory, id).catch(() => null)));
  return workers.filter((worker) => worker !== null);
}

async function readWorkerNow(directory: string, id: string): Promise<WorkerNow | null> {
  const text = readTextFile(join(directory, RUN_FILES.workerRecord(id)), LIMITS.recordBytes);
  const record = workerRecordSchema.parse(JSON.parse(text));
  const isOpen = record.storms.some((storm) => storm.startedAtMs !== null && !storm.closed);
  const rows = isOpen ? await timelineEnd(join(directory, RUN_FILES.workerTimeline(id))) : [];
  return { record, rows };
}

async function timelineEnd(path: string): Promise<TimelineRow[]> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const tail = buffer.toString("utf8", 0, bytesRead);
    if (from === 0) return readTimeline(tail, path, []);
    const header = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    const columns = header.buffer.toString("utf8", 0, header.bytesRead).split("\n", 1)[0];
    // The first line of the tail is a piece of one.
    return readTimeline(`${columns}\n${tail.slice(tail.indexOf("\n") + 1)}`, path, []);
  } finally {
    await file.close();
  }
}
