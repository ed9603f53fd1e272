import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "./make-directory.ts";

/**
 * Writes a file beside its place and renames it when whole: who reads meanwhile never sees half of it. Whatever stands
 * under either name is replaced, never written through: a symbolic link in a directory from elsewhere leads anywhere.
 *
 * @param writer tells this writer from others of the same file at the same time, on other hosts too; empty where there are none
 * @throws what `makeDirectory`, `fs.writeFileSync` and `fs.renameSync` throw; the file in its place is then as it was
 */
export function writeWhole(path: string, text: string, writer = ""): void {
  const partial = `${path}${writer === "" ? "" : `.${writer}`}.tmp`;
  makeDirectory(dirname(path));
  removeFile(partial);
  try {
    writeFileSync(partial, text, { flag: "wx" });
    renameSync(partial, path);
  } catch (error) {
    removeQuietly(partial);
    throw error;
  }
}

/**
 * Removes a file or a link that an earlier run or somebody else left.
 *
 * @throws what `fs.unlinkSync` throws, but nothing where there is none
 */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** The disk has just refused a write; that write's error tells why. */
function removeQuietly(path: string): void {
  try {
    removeFile(path);
  } catch {}
}
