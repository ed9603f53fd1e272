import type { ChartSpec } from "./chart-spec.ts";

/** The axes of every chart of a recovery: the share of devices that are ready, with room above 100 % for the words of a target. */
export const READY_SHARE = {
  xAxis: "seconds",
  yAxis: "share",
  yLabel: "share ready",
  yMax: 1.12,
} as const satisfies Partial<ChartSpec>;
