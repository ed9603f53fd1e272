/**
 * The end of a window, in which nobody comes back any more or somebody does: a quarter of it, or as long as a device may wait
 * between two attempts where that is longer and fits.
 */
export function lastStretchMs(windowMs: number, longestBackoffMs: number): number {
  const quarterMs = windowMs / 4;
  return longestBackoffMs <= windowMs ? Math.max(quarterMs, longestBackoffMs) : quarterMs;
}
