import { count, duration, percent, ratio } from "../judge/number-words.ts";
import type { DiffRow, StormDiff, Unit } from "./diff.ts";

const SHOW: Record<Unit, (value: number) => string> = {
  ms: duration,
  share: percent,
  perDevice: ratio,
  perS: (value) => `${count(value)}/s`,
  count,
};

/**
 * One value of a row, for people. A time that is null was not reached in a storm.
 *
 * @param inRuns which runs have it at all
 */
export function diffValue(
  row: DiffRow,
  side: "a" | "b",
  inRuns: StormDiff["in"],
  noTime = "not reached",
): string {
  const value = row[side];
  if (value !== null) return SHOW[row.unit](value);
  return (inRuns !== "both" && inRuns !== side) || row.unit !== "ms" ? "-" : noTime;
}
