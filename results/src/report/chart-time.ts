import type { TimeAxis } from "./chart-spec.ts";

/* Browser code, as charts.ts says: an axis of time on which stretches without events are narrow. */

/** So wide is a fold, seconds of the axis: a small part of what is not folded. */
export function foldWidth(folds: TimeAxis["folds"], [from, to]: readonly [number, number]): number {
  const left = folds.reduce((sum, [start, end]) => sum - (end - start), to - from);
  const shortest = Math.min(...folds.map(([start, end]) => end - start));
  return Math.min(shortest, Math.max(0.03 * left, 1e-3));
}

/** Where a time stands on such an axis. */
export function folded(folds: TimeAxis["folds"], width: number, x: number): number {
  let at = x;
  for (const [from, to] of folds) {
    if (x <= from) break;
    at -= (Math.min(x, to) - from) * (1 - width / (to - from));
  }
  return at;
}

/** Which time stands there. */
export function unfolded(folds: TimeAxis["folds"], width: number, at: number): number {
  let hidden = 0;
  for (const [from, to] of folds) {
    const start = from - hidden;
    if (at <= start) break;
    if (at < start + width) return from + ((at - start) * (to - from)) / width;
    hidden += to - from - width;
  }
  return at + hidden;
}

/** Round times for the labels of an axis that has room for `most` of them. */
export function timeSplits(
  folds: TimeAxis["folds"],
  width: number,
  [min, max]: readonly [number, number],
  most: number,
): number[] {
  const length = folded(folds, width, max) - folded(folds, width, min);
  const wanted = length / Math.max(1, most);
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((one) => one >= wanted) ?? Math.ceil(wanted / 3600) * 3600;
  const splits: number[] = [];
  let before = Number.NEGATIVE_INFINITY;
  // Inside a fold nothing can be told apart, so that counting goes on behind it.
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9; i++) {
    // Adding nothing makes 0 of -0.
    const x = i * step + 0;
    const fold = folds.find(([from, to]) => x > from && x < to);
    if (fold !== undefined) {
      i = Math.max(i, Math.ceil(fold[1] / step - 1e-9) - 1);
      continue;
    }
    const at = folded(folds, width, x);
    if (at - before < wanted * 0.8) continue;
    splits.push(x);
    before = at;
  }
  return splits;
}

/** The same moment on another chart's axis; null where it has none. */
export function sameMoment(x: number, from: TimeAxis, to: TimeAxis): number | null {
  if (from.name === to.name) return x;
  return from.zeroS === null || to.zeroS === null ? null : x + from.zeroS - to.zeroS;
}

/** What is folded within a stretch, in words; empty for nothing. */
export function leftOut(folds: TimeAxis["folds"], [from, to]: readonly [number, number]): string {
  const hidden = folds.filter(([start, end]) => end > from && start < to);
  return hidden.map(([start, end]) => `${Math.round(start)} to ${Math.round(end)} s`).join(", ");
}
