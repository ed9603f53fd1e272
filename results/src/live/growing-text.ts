import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;
/** So much of a file's beginning tells it from another: ours name the time within. */
const HEAD_BYTES = 512;
const LINE_END = 0x0a;
const QUOTE = 0x22;

/** `replaced`: another file stands under the name, or it became shorter: what was read of it is no part of it any more. */
export type TextState = "read" | "absent" | "replaced";

export interface GrowingTextOptions {
  /** No more is read of a file that is longer. */
  mostBytes: number;
  /** A row that is longer is skipped: it would be kept, and looked at again, until it ends. */
  mostRowBytes: number;
}

/** A file of rows to which somebody appends: each look reads what came since the last, whole rows only. */
export class GrowingText {
  readonly #path: string;
  readonly #options: GrowingTextOptions;
  /** The file that was read so far; null before it was there. */
  #file: string | null = null;
  #offset = 0;
  /** How it began: a file that is made anew may have the number of the old one. */
  #head: Buffer = Buffer.alloc(0);
  /** A row whose end was not there yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, options: GrowingTextOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * @param take hears of the text in the file's order, piece by piece; each is of whole rows
   * @throws what opening and reading a file throws, but for one that is not there
   */
  async read(take: (text: string) => void): Promise<TextState> {
    const file = await openOrNull(this.#path);
    if (file === null) return this.#file === null ? "absent" : "replaced";
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error(`${this.#path} is not a plain file`);
      const identity = `${stat.dev}:${stat.ino}`;
      this.#file ??= identity;
      if (identity !== this.#file || stat.size < this.#offset) return "replaced";
      if (stat.size > this.#offset && !(await this.#beginsAsBefore(file))) return "replaced";
      await this.#readTo(file, Math.min(stat.size, this.#options.mostBytes), take);
      return "read";
    } finally {
      await file.close();
    }
  }

  async #beginsAsBefore(file: FileHandle): Promise<boolean> {
    const head = Buffer.alloc(this.#head.length);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead).equals(this.#head);
  }

  async #readTo(file: FileHandle, size: number, take: (text: string) => void): Promise<void> {
    const piece = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(0, size - this.#offset)));
    while (this.#offset < size) {
      const most = Math.min(piece.length, size - this.#offset);
      const { bytesRead } = await file.read(piece, 0, most, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const news = piece.subarray(0, bytesRead);
      if (this.#head.length < HEAD_BYTES)
        this.#head = Buffer.concat([this.#head, news]).subarray(0, HEAD_BYTES);
      const bytes = Buffer.concat([this.#rest, news]);
      const end = lastRowEnd(bytes);
      const isTooLong = bytes.length - end > this.#options.mostRowBytes;
      this.#rest = isTooLong ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
      if (end > 0) take(bytes.toString("utf8", 0, end));
    }
  }
}

/** Where the last whole row ends: a line end between quotes is part of a field of CSV. */
function lastRowEnd(bytes: Buffer): number {
  let quote = bytes.indexOf(QUOTE);
  if (quote === -1) return bytes.lastIndexOf(LINE_END) + 1;
  let end = 0;
  let isQuoted = false;
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) {
    for (; quote !== -1 && quote < at; quote = bytes.indexOf(QUOTE, quote + 1)) isQuoted = !isQuoted;
    if (!isQuoted) end = at + 1;
  }
  return end;
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
