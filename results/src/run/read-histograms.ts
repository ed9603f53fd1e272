import { parseHistogramTag } from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { emptyHistogram } from "./histogram.ts";
import { addInterval, type Interval } from "./hlog-interval.ts";
import { LIMITS } from "./limits.ts";
import { addMoved, movedByMs } from "./moved-spread.ts";
import { beyond, RunBudget } from "./run-budget.ts";

type Histograms = Map<string, hdr.Histogram>;

/** `[Tag=…,]start,length,max,histogram`, see HistogramLogWriter. */
const HLOG_LINE = /^(?:Tag=([^,]*),)([^,]+),([^,]+),[^,]+,(\S+)$/;

/** Is told of each interval: its tag, its start and length in seconds as they are written, and what it holds. */
export type IntervalListener = (tag: string, startS: number, lengthS: number, interval: Interval) => void;

/**
 * Adds the intervals of a log to `sums`, by tag.
 *
 * @param cutDelaysMs how much later than the first worker this one came to each storm, by the storm's index
 */
export function readHistograms(
  text: string,
  name: string,
  problems: string[],
  budget: RunBudget = new RunBudget(),
  sums: Histograms = new Map(),
  cutDelaysMs: ReadonlyMap<number, number> = new Map(),
  listener: IntervalListener = () => {},
): Histograms {
  const skipped = { damaged: 0, tags: 0 };
  // Lines are taken one after the other: an array of all lines of a file of line ends would not fit into memory.
  for (let at = 0, number = 1; at < text.length; number++) {
    const found = text[at] === "\n" ? at : text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    const line = lineOf(text, at, end);
    at = end + 1;
    if (line === "") continue;
    const said = line === null ? "damaged" : addLine(sums, line, budget, cutDelaysMs, listener);
    if (said === "intervals" || said === "inflatedBytes") {
      problems.push(`${name} was read up to line ${number}: ${beyond(said)}`);
      break;
    }
    if (said === null || ++skipped[said] > LIMITS.problems || said === "tags") continue;
    problems.push(`${name} line ${number} is damaged and was skipped`);
  }
  const more = skipped.damaged - LIMITS.problems;
  if (more > 0) problems.push(`${name}: ${more} more lines are damaged and were skipped`);
  if (skipped.tags > 0) problems.push(`${name}: ${skipped.tags} lines were skipped: ${beyond("tags")}`);
  return sums;
}

/** A line without its line end; empty for a comment and the legend, null for one that is too long. */
function lineOf(text: string, from: number, to: number): string | null {
  const end = text[to - 1] === "\r" ? to - 1 : to;
  if (end <= from || text[from] === "#" || text[from] === '"') return "";
  return end - from > LIMITS.lineChars ? null : text.slice(from, end);
}

/** Returns null where the line was added, else why not. */
function addLine(
  sums: Histograms,
  line: string,
  budget: RunBudget,
  cutDelaysMs: ReadonlyMap<number, number>,
  listener: IntervalListener,
): "damaged" | "tags" | "intervals" | "inflatedBytes" | null {
  const [, tag, start, length, encoded] = HLOG_LINE.exec(line) ?? [];
  if (!tag || !encoded || tag.length > LIMITS.tagChars || parseHistogramTag(tag) === null) return "damaged";
  if (!budget.take("intervals")) return "intervals";
  const known = sums.get(tag);
  const sum = known ?? emptyHistogram();
  const byMs = movedByMs(tag, cutDelaysMs);
  // What stands in one sum cannot be moved any more.
  const own = byMs === 0 ? sum : emptyHistogram();
  try {
    const interval = addInterval(own, encoded);
    if (!budget.take("inflatedBytes", interval.bytes)) return "inflatedBytes";
    listener(tag, Number(start), Number(length), interval);
    if (own !== sum) addMoved(sum, own, byMs);
  } catch {
    return "damaged";
  }
  if (known !== undefined) return null;
  if (!budget.take("tags")) return "tags";
  // The tag is copied, so that it keeps nothing of the text alive.
  sums.set(Buffer.from(tag).toString(), sum);
  return null;
}
