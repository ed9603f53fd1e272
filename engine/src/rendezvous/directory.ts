import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Member, OpenPlace } from "./place.ts";
import { onShelf, type Piece, type Shelf, type ShelfOptions } from "./shelf-place.ts";

const ENDING = ".json";

/** A network's file system may show what is new a second late. */
export const DIRECTORY_TIMES = { lookMs: 500, keepUpMs: 2000, goneMs: 15_000 };

/** Workers meet in a folder that all hosts share: each keeps `<path>/<testRunId>/<room>/<name>.json`. */
export function inDirectory(path: string, options: Omit<ShelfOptions, "times">): OpenPlace {
  return onShelf((member) => new DirectoryShelf(path, member), { ...options, times: DIRECTORY_TIMES });
}

class DirectoryShelf implements Shelf {
  readonly title: string;
  readonly clockName = "the shared folder";
  /** The tick of most kernels, 4 to 10 ms: their clock for files is no finer. */
  readonly resolutionMs = 10;
  readonly #room: string;
  readonly #own: string;

  constructor(path: string, { testRunId, room, name }: Member) {
    this.title = `the folder ${path}`;
    this.#room = join(path, testRunId, room);
    this.#own = join(this.#room, `${name}${ENDING}`);
  }

  async list(): Promise<Piece[]> {
    const files = (await readdir(this.#room)).filter(
      (file) => file.endsWith(ENDING) && !file.startsWith("."),
    );
    const pieces = await Promise.all(
      files.map(async (file): Promise<Piece[]> => {
        const found = await stat(join(this.#room, file)).catch(() => null);
        if (found?.isFile() !== true) return [];
        const { mtimeMs, ino, size } = found;
        const version = `${mtimeMs} ${ino} ${size}`;
        return [{ name: file.slice(0, -ENDING.length), writtenAtMs: mtimeMs, version, size }];
      }),
    );
    return pieces.flat();
  }

  read(name: string): Promise<string | null> {
    return readFile(join(this.#room, `${name}${ENDING}`), "utf8").catch(() => null);
  }

  /** Others see the old file or the new one, and no half of either. */
  async write(text: string): Promise<void> {
    await mkdir(this.#room, { recursive: true });
    const draft = join(this.#room, `.${process.pid}-${crypto.randomUUID()}`);
    try {
      await writeFile(draft, text, { flag: "wx" });
      await rename(draft, this.#own);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  remove(): Promise<void> {
    return rm(this.#own, { force: true });
  }
}
