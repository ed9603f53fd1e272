import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "./make-directory.ts";
import { removeFile } from "./write-whole.ts";

/**
 * A file that only grows. It stays open: opening it again for each piece would fail where devices hold every descriptor.
 * What cannot be written is kept, and written before the next piece; so nothing is lost while the process lives.
 */
export class GrowingFile {
  readonly #path: string;
  /** Null until it could be made. */
  #descriptor: number | null = null;
  #unwritten: Buffer[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws what `makeDirectory`, `fs.openSync` and `fs.writeSync` throw; nothing is lost or written twice by that */
  append(text: string): void {
    if (text !== "") this.#unwritten.push(Buffer.from(text));
    if (this.#descriptor === null) {
      makeDirectory(dirname(this.#path));
      // It is made anew, and never through a link. It is opened to be read as well: see `text`.
      removeFile(this.#path);
      this.#descriptor = openSync(this.#path, "wx+");
    }
    for (let piece = this.#unwritten[0]; piece !== undefined; piece = this.#unwritten[0]) {
      const written = writeSync(this.#descriptor, piece);
      if (written === piece.length) this.#unwritten.shift();
      else this.#unwritten[0] = piece.subarray(written);
      // Some devices take nothing and call that no error: asking again would go on for ever.
      if (written === 0) throw new Error(`${this.#path} takes no bytes`);
    }
  }

  /** Whether all of it stands under its name: a directory that was removed takes writes as before. */
  get isInPlace(): boolean {
    if (this.#descriptor === null || this.#unwritten.length > 0) return false;
    try {
      const there = statSync(this.#path, { throwIfNoEntry: false });
      const own = fstatSync(this.#descriptor);
      return there !== undefined && there.ino === own.ino && there.dev === own.dev && there.isFile();
    } catch {
      return false;
    }
  }

  /** All that was appended, in the file or not. A file that cannot be read leaves what could not be written to it. */
  text(): string {
    return Buffer.concat([this.#written(), ...this.#unwritten]).toString();
  }

  #written(): Buffer {
    if (this.#descriptor === null) return Buffer.alloc(0);
    try {
      const all = Buffer.alloc(fstatSync(this.#descriptor).size);
      let length = 0;
      while (length < all.length) {
        const read = readSync(this.#descriptor, all, length, all.length - length, length);
        if (read === 0) break;
        length += read;
      }
      return all.subarray(0, length);
    } catch {
      return Buffer.alloc(0);
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
