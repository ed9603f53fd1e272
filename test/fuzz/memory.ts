import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** More than this is growth: what was compiled late and collected late is less. */
export const MOST_GROWTH_BYTES: number = 16 * 1_048_576;

/** Bytes that are still in use after a collection: objects, and buffers outside the heap. */
export function bytesInUse(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
