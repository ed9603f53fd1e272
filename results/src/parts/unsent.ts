import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { SCHEMA_VERSION } from "artillery-engine-mqtt/contract";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { isFileOfRun, isGrowing, type Part, type PartFile } from "./part.ts";
import { PART_LIMITS } from "./part-limits.ts";

/** What of a run's directory has not been sent yet. A part counts as sent once that is said. */
export class Unsent {
  /** Bytes of growing files that are sent, and the texts of the others. */
  readonly #sentBytes = new Map<string, number>();
  readonly #sentTexts = new Map<string, string>();
  #number = 0;

  /** The next part; without files where there is nothing new. */
  next(directory: string, nowMs: number): Part {
    const files: PartFile[] = [];
    let room: number = PART_LIMITS.textBytes;
    const names = existsSync(directory) ? readdirSync(directory).filter(isFileOfRun).sort() : [];
    // Records last: one that says "ended" comes with all that was measured, or after it.
    for (const name of [...names.filter(isGrowing), ...names.filter((one) => !isGrowing(one))]) {
      if (room <= 0 || files.length >= PART_LIMITS.files) break;
      const file = isGrowing(name) ? this.#piece(directory, name, room) : this.#whole(directory, name);
      if (file === null) continue;
      files.push(file);
      room -= file.text.length;
    }
    return { schemaVersion: SCHEMA_VERSION, number: this.#number + 1, isLast: false, sentAtMs: nowMs, files };
  }

  sent(part: Part): void {
    this.#number = part.number;
    for (const { name, from, text } of part.files) {
      if (from === null) this.#sentTexts.set(name, text);
      else this.#sentBytes.set(name, from + Buffer.byteLength(text));
    }
  }

  /** Whole lines only: where a part is lost, the others can still be read. */
  #piece(directory: string, name: string, mostBytes: number): PartFile | null {
    const from = this.#sentBytes.get(name) ?? 0;
    const descriptor = openSync(join(directory, name), "r");
    try {
      const bytes = Buffer.alloc(Math.min(Math.max(fstatSync(descriptor).size - from, 0), mostBytes));
      const length = readSync(descriptor, bytes, 0, bytes.length, from);
      const end = bytes.subarray(0, length).lastIndexOf("\n") + 1;
      return end === 0 ? null : { name, from, text: bytes.toString("utf8", 0, end) };
    } finally {
      closeSync(descriptor);
    }
  }

  #whole(directory: string, name: string): PartFile | null {
    const text = readTextFile(join(directory, name), LIMITS.recordBytes);
    return this.#sentTexts.get(name) === text ? null : { name, from: null, text };
  }
}
