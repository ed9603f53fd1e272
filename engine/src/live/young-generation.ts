import { setFlagsFromString } from "node:v8";
import { isMainThread } from "node:worker_threads";

/**
 * Keeps this worker thread's young generation at the size that loading Artillery gave it.
 *
 * Devices outlive it, and V8 answers survivors with a larger young generation: up to about 100 MB a thread, mostly of
 * pages that are touched once per scavenge. Measured with 8,000 devices (benchmarks/README.md): 9 KB of memory less per
 * device for the same CPU time. The flag is read at each growth, so it may be set late.
 * https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
export function keepYoungGenerationSmall(): void {
  if (!isMainThread) setFlagsFromString("--semi-space-growth-factor=1");
}
