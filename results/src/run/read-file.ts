import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Why a file was not read. `code` is the system's, where it is the system that refused. */
export class UnreadableFile extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

/**
 * The text of a plain file of at most `mostBytes`. A directory of results may come from anywhere: a pipe, a device or a
 * socket in it would be read for ever, so they are not even waited for.
 *
 * @param refuse why a file of so many bytes is not read either, or null
 * @throws UnreadableFile
 */
export function readTextFile(
  path: string,
  mostBytes: number,
  refuse: (bytes: number) => string | null = () => null,
): string {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new UnreadableFile("it is not a plain file");
    if (stat.size > mostBytes) {
      throw new UnreadableFile(`it has ${stat.size} bytes, and at most ${mostBytes} are read`);
    }
    const refused = refuse(stat.size);
    if (refused !== null) throw new UnreadableFile(refused);
    return readAll(descriptor, stat.size).toString("utf8");
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    throw new UnreadableFile(message, code ?? null);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** What it holds now: a file may shrink while it is read, and what it grows by is not asked for. */
function readAll(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
