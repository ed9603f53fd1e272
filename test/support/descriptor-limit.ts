import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** An ES module's text, run by Node in a process that may open 64 files. Rejects where it ends with another code than 0. */
export function runWithFewDescriptors(program: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)("bash", [
    "-c",
    'ulimit -n 64 && exec "$0" --input-type=module -e "$1"',
    process.execPath,
    program,
  ]);
}
