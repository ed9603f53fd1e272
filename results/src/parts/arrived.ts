import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeWhole } from "artillery-engine-mqtt/contract";
import { LIMITS } from "../run/limits.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";
import { decodePart, isGrowing, type Part, type PartFile, parsePartKey } from "./part.ts";
import { PART_LIMITS } from "./part-limits.ts";

/** What has come of one container. */
export interface ArrivedContainer {
  name: string;
  /** The number of its latest part. */
  parts: number;
  /** It has said that it sends no more. */
  isLast: boolean;
  /** Epoch milliseconds by its own clock: when it sent its latest part. */
  sentAtMs: number;
}

/** The files of a run as they come out of a bucket, put together in a directory: what is new is fetched each time. */
export class Arrived {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #directory: string;
  readonly #containers = new Map<string, ArrivedContainer>();
  readonly #files = new Map<string, { container: string; bytes: number }>();
  readonly #problems = new Set<string>();
  #run: string | null = null;
  #writtenBytes = 0;

  constructor(store: ObjectStore, prefix: string, directory: string) {
    this.#store = store;
    this.#prefix = prefix;
    this.#directory = directory;
  }

  get containers(): ArrivedContainer[] {
    return [...this.#containers.values()];
  }

  /** The container that a file came from; null for one that has not come. */
  senderOf(file: string): string | null {
    return this.#files.get(file)?.container ?? null;
  }

  /** Sentences on what is not there. */
  get problems(): string[] {
    return [...this.#problems];
  }

  /**
   * Fetches what has come since the last time.
   *
   * @throws what the store throws, and an error where there are several runs below the prefix
   */
  async fetch(): Promise<void> {
    const objects = await this.#store.list(this.#prefix, PART_LIMITS.keys);
    if (objects.length === PART_LIMITS.keys) {
      this.#problems.add(`there are more than ${PART_LIMITS.keys} objects; the first were read`);
    }
    for (const [container, parts] of this.#newParts(objects)) {
      for (const [number, object] of [...parts].sort(([a], [b]) => a - b)) {
        await this.#take(container, number, object);
      }
    }
  }

  /** Parts that have not been taken, by container and number. */
  #newParts(objects: readonly StoredObject[]): Map<string, Map<number, StoredObject>> {
    const found = new Map<string, Map<number, StoredObject>>();
    for (const object of objects) {
      const address = parsePartKey(object.key);
      if (address === null) continue;
      const { run, container, number } = address;
      this.#run ??= run;
      if (run !== this.#run) {
        throw new Error(
          `there are several runs below ${this.#prefix === "" ? "this bucket" : this.#prefix}, ` +
            `such as ${this.#run} and ${run}; give one`,
        );
      }
      if (number <= (this.#containers.get(container)?.parts ?? 0)) continue;
      if (number > PART_LIMITS.parts || !this.#knows(container)) continue;
      const parts = found.get(container) ?? new Map<number, StoredObject>();
      found.set(container, parts.set(number, object));
    }
    return found;
  }

  #knows(name: string): boolean {
    if (this.#containers.has(name)) return true;
    if (this.#containers.size >= PART_LIMITS.containers) {
      this.#problems.add(
        `there are more than ${PART_LIMITS.containers} containers; the others were not read`,
      );
      return false;
    }
    this.#containers.set(name, { name, parts: 0, isLast: false, sentAtMs: 0 });
    return true;
  }

  async #take(name: string, number: number, object: StoredObject): Promise<void> {
    const container = this.#containers.get(name) as ArrivedContainer;
    for (let lost = container.parts + 1; lost < number; lost++) {
      // A container sends one after the other: what is not there by now was removed.
      this.#problems.add(
        `part ${lost} of container ${name} is missing: what it measured then is not counted`,
      );
    }
    container.parts = number;
    let part: Part;
    try {
      if (object.bytes > PART_LIMITS.packedBytes) throw new Error(`it has ${object.bytes} bytes`);
      part = decodePart(await this.#store.get(object.key, PART_LIMITS.packedBytes));
    } catch (error) {
      this.#problems.add(`part ${number} of container ${name} cannot be read: ${(error as Error).message}`);
      return;
    }
    container.isLast = part.isLast;
    container.sentAtMs = part.sentAtMs;
    for (const file of part.files) this.#write(name, number, file);
  }

  #write(container: string, number: number, { name, from, text }: PartFile): void {
    const bytes = Buffer.byteLength(text);
    const file = this.#files.get(name) ?? { container, bytes: 0 };
    const path = join(this.#directory, name);
    if (file.container !== container) {
      // Every container has the script; the files of a worker are its own.
      if (name.startsWith("worker-")) {
        this.#problems.add(`${name} came from container ${file.container} and from ${container}`);
      }
      return;
    }
    if (this.#writtenBytes + bytes > PART_LIMITS.runBytes || bytesAllowed(name) < file.bytes + bytes) {
      this.#problems.add(`${name}: more than is read of one run; part ${number} was left out`);
      return;
    }
    this.#writtenBytes += bytes;
    if (from === null) {
      writeWhole(path, text);
      this.#files.set(name, { container, bytes: isGrowing(name) ? bytes : 0 });
      return;
    }
    if (from < file.bytes) {
      this.#problems.add(`${name}: part ${number} of container ${container} overlaps an earlier one`);
      return;
    }
    // Whatever stands under its name, a link for one, is replaced at first.
    if (file.bytes === 0) writeWhole(path, text);
    else appendFileSync(path, text);
    this.#files.set(name, { container, bytes: from + bytes });
  }

  /** @throws an error where the directory has files of another run */
  static prepare(directory: string): void {
    makeDirectory(directory);
    const worker = readdirSync(directory).find((name) => name.startsWith("worker-"));
    if (worker === undefined) return;
    throw new Error(`${directory} has files of a run already, such as ${worker}; give another directory`);
  }
}

function bytesAllowed(name: string): number {
  if (name.endsWith(".hlog")) return LIMITS.histogramLogBytes;
  return name.endsWith(".timeline.csv") ? LIMITS.timelineBytes : LIMITS.recordBytes;
}
