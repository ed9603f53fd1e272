import type { Helpers } from "./artillery.ts";

/** The oldest Artillery that the engine is made for: `peerDependencies` of its package.json. */
const OLDEST = "2.0.34";

/** What the engine takes of the third argument of its constructor. */
const NEEDED = [
  "createLoopWithCount",
  "createParallel",
  "captureOrMatch",
] as const satisfies (keyof Helpers)[];

/**
 * Why the engine cannot work in this Artillery, and what to do; null where it can.
 *
 * @param version of Artillery; null where it does not say
 */
export function artilleryProblem(helpers: unknown, version: string | null): string | null {
  const given = (helpers ?? {}) as Record<string, unknown>;
  const missing = NEEDED.filter((name) => typeof given[name] !== "function");
  if (missing.length === 0) return null;
  const which = version === null ? "this Artillery" : `this Artillery (${version})`;
  return `artillery-engine-mqtt: ${which} lacks what the engine needs (${missing.join(", ")}): install artillery ${OLDEST} or newer beside it, npm install artillery@latest`;
}
