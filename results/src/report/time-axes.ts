import type { Curves } from "../judge/curves.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";
import type { TimeAxis, TimeView } from "./chart-spec.ts";

/** Shown before a storm: so much of what is shown after it, and at least that many milliseconds. */
const BEFORE_SHARE = 0.1;
const BEFORE_MS = 1000;

/** From where to where the charts over the run's time go, seconds. */
export function runRange({ load }: Pick<Curves, "load">): [number, number] {
  const points = load[0]?.points ?? [];
  const first = (points[0]?.tMs ?? 0) / 1000;
  return [first, Math.max((points.at(-1)?.tMs ?? 0) / 1000, first + 1)];
}

/** The run's time: idle stretches are folded, and each storm that happened has a view of its own. */
export function runTime({ storms }: Summary, curves: Curves): TimeAxis {
  const [first, last] = runRange(curves);
  const folds = curves.idle.map(({ fromMs, toMs }): [number, number] => [fromMs / 1000, toMs / 1000]);
  const isFolded = folds.length > 0;
  const views = storms.flatMap((storm): TimeView[] => {
    const [from, to] = stormStretch(storm, curves);
    // What is idle before a storm needs no hatched band at its beginning.
    const start = folds.find((fold) => fold[0] <= from && from < fold[1])?.[1] ?? from;
    const range: [number, number] = [Math.max(first, start), Math.min(last, to)];
    return storm.happened && range[1] > range[0] ? [{ label: `Storm ${storm.index}`, range, isFolded }] : [];
  });
  const whole: TimeView = { label: "Whole run", range: null, isFolded: false };
  const busy: TimeView[] = isFolded ? [{ label: "Without idle time", range: null, isFolded }] : [];
  return { name: "run", zeroS: 0, folds, views: [...busy, whole, ...views] };
}

/** From shortly before a storm to shortly after the recovery from it, seconds of the run. */
function stormStretch({ index, at, windowMs }: StormSummary, { recovery }: Curves): [number, number] {
  const shownMs = recovery.find(({ storm }) => storm === index)?.shownMs ?? windowMs;
  const beforeMs = Math.max(BEFORE_MS, BEFORE_SHARE * shownMs);
  // A rate is a mean over the second before it, so that the last is seen a second later.
  return [(at - beforeMs) / 1000, (at + shownMs + 1000) / 1000];
}

/** The time since a storm; `storm` is null where several storms lie over each other. */
export function stormTime(storm: Pick<StormSummary, "at"> | null): TimeAxis {
  return {
    name: "storm",
    zeroS: storm === null ? null : storm.at / 1000,
    folds: [],
    views: [{ label: "Whole recovery", range: null, isFolded: false }],
  };
}
