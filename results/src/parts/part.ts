import { gunzipSync, gzipSync } from "node:zlib";
import { FILES, SCHEMA_VERSION, safeFileName } from "artillery-engine-mqtt/contract";
import { z } from "zod";
import { RUN_FILES } from "../run/file-names.ts";
import { PART_LIMITS } from "./part-limits.ts";

/** What a container has measured since its last part: it sends them one after the other, numbered from 1. */
export interface Part {
  schemaVersion: number;
  number: number;
  /** The container sends no more: its run is over. */
  isLast: boolean;
  /** Epoch milliseconds, by the container's clock. */
  sentAtMs: number;
  files: PartFile[];
}

export interface PartFile {
  name: string;
  /** `text` follows so many bytes, which earlier parts brought; null where it is all of the file, in place of what was. */
  from: number | null;
  text: string;
}

const WORKER_FILE = /^worker-[A-Za-z0-9._-]{1,160}\.(json|hlog|timeline\.csv)$/;

/** Names come from a bucket: only files that a run has are written, and only below the directory that was asked for. */
export function isFileOfRun(name: string): boolean {
  return WORKER_FILE.test(name) || name === RUN_FILES.script || name === FILES.lab;
}

/** Files that only grow; the others are written anew each time. */
export function isGrowing(name: string): boolean {
  return name.endsWith(".hlog") || name.endsWith(".timeline.csv");
}

const partSchema: z.ZodType<Part> = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  number: z.number().int().min(1).max(PART_LIMITS.parts),
  isLast: z.boolean(),
  sentAtMs: z.number().min(0).max(8.64e15),
  files: z
    .array(
      z.object({
        name: z.string().refine(isFileOfRun, { error: "the name of a file that a run has" }),
        from: z.number().int().min(0).nullable(),
        text: z.string(),
      }),
    )
    .max(PART_LIMITS.files),
});

export function encodePart(part: Part): Uint8Array {
  return gzipSync(JSON.stringify(part));
}

/** @throws an error that says what is wrong with it */
export function decodePart(bytes: Uint8Array): Part {
  const text = gunzipSync(bytes, { maxOutputLength: PART_LIMITS.inflatedBytes }).toString("utf8");
  const parsed = partSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${issue?.path.join(".")}: ${issue?.message}`);
}

/** Everything that containers of a run have sent is below it, a folder for each. */
export function partsPrefix(testRunId: string): string {
  return `test-runs/${testRunId}/mqtt-results/`;
}

export function partKey(prefix: string, container: string, number: number): string {
  return `${prefix}${container}/part-${String(number).padStart(6, "0")}.json.gz`;
}

export interface PartAddress {
  /** The key up to the container's folder. */
  run: string;
  container: string;
  number: number;
}

const PART_KEY = /^(.*\/)?([^/]+)\/part-(\d{6})\.json\.gz$/s;

/** Null where a key is no part's: a bucket holds whatever somebody put there. */
export function parsePartKey(key: string): PartAddress | null {
  const [, run = "", container = "", digits = "0"] = PART_KEY.exec(key) ?? [];
  const number = Number(digits);
  if (number < 1 || safeFileName(container) !== container) return null;
  return { run, container, number };
}
