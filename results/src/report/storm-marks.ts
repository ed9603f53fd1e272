import type { ChartSpec } from "./chart-spec.ts";

/** The windows of storms on an axis of time since the fleet's time zero. `at` and `windowMs` are milliseconds. */
export function stormMarks(
  storms: readonly { index: number; at: number; windowMs: number }[],
): ChartSpec["marks"] {
  return storms.map(({ index, at, windowMs }) => ({
    from: at / 1000,
    to: (at + windowMs) / 1000,
    label: `storm ${index}`,
  }));
}
