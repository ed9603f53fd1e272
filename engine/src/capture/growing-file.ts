import { closeSync, openSync, writeSync } from "node:fs";

/**
 * A file that only grows. It stays open: opening it again for each piece would fail where devices hold every descriptor.
 * What cannot be written is kept, and written before the next piece.
 */
export class GrowingFile {
  readonly #descriptor: number;
  #unwritten: Buffer = Buffer.alloc(0);

  /** @throws as `fs.openSync` */
  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  /** @throws as `fs.writeSync`; nothing is lost or written twice by that */
  append(text: string): void {
    this.#unwritten = Buffer.concat([this.#unwritten, Buffer.from(text)]);
    while (this.#unwritten.length > 0) {
      this.#unwritten = this.#unwritten.subarray(writeSync(this.#descriptor, this.#unwritten));
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
