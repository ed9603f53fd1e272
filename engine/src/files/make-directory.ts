import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the directory and those above it, as `mkdirSync` with `recursive` does; but that one (Node 24) never returns where
 * the system answers ENOENT below what is there: in /proc, below a symbolic link to nothing.
 *
 * @throws what `fs.mkdirSync` throws
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    makeLast(path);
  }
}

/** Its parent is there. Another thread may make it at the same time. */
function makeLast(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const made = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory();
    if (!made) throw error;
  }
}
