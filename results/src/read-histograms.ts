import { parseHistogramTag } from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { emptyHistogram } from "./histogram.ts";
import { addInterval } from "./hlog-interval.ts";
import { LIMITS } from "./limits.ts";

/** `[Tag=…,]start,length,max,histogram`, see HistogramLogWriter. */
const HLOG_LINE = /^(?:Tag=([^,]*),)[^,]+,[^,]+,[^,]+,(\S+)$/;

/** A log's intervals added up per tag. */
export function readHistograms(text: string, name: string, problems: string[]): Map<string, hdr.Histogram> {
  const sums = new Map<string, hdr.Histogram>();
  let damaged = 0;
  // One after the other: an array of all lines of a file of line ends would not fit into memory.
  for (let at = 0, number = 1; at < text.length; number++) {
    const found = text[at] === "\n" ? at : text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    if (!isInterval(sums, text, at, end) && ++damaged <= LIMITS.problems) {
      problems.push(`${name} line ${number} is damaged and was skipped`);
    }
    at = end + 1;
  }
  if (damaged > LIMITS.problems) {
    problems.push(`${name}: ${damaged - LIMITS.problems} more lines are damaged and were skipped`);
  }
  return sums;
}

/** False where the line is damaged: neither an interval, which is added, nor empty, a comment or the legend. */
function isInterval(sums: Map<string, hdr.Histogram>, text: string, from: number, to: number): boolean {
  const end = text[to - 1] === "\r" ? to - 1 : to;
  if (end <= from || text[from] === "#" || text[from] === '"') return true;
  if (end - from > LIMITS.lineChars) return false;
  const [, tag, encoded] = HLOG_LINE.exec(text.slice(from, end)) ?? [];
  if (!tag || !encoded || parseHistogramTag(tag) === null) return false;
  if (!sums.has(tag) && sums.size === LIMITS.tags) return false;
  try {
    const sum = sums.get(tag) ?? emptyHistogram();
    addInterval(sum, encoded);
    sums.set(tag, sum);
    return true;
  } catch {
    return false;
  }
}
