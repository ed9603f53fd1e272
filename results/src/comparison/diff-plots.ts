import { count, duration, percentReached } from "../judge/number-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { ChartSeries, ChartSpec } from "../report/chart-spec.ts";
import { type Figure, figure } from "../report/figure.ts";
import { READY_SHARE } from "../report/ready-share.ts";
import { stormMarks } from "../report/storm-marks.ts";
import { cell, table } from "../report/table.ts";
import type { LoadRate, OverlaidRate, OverlaidStorm, TwoRuns } from "./two-runs.ts";

/** The same run looks the same in every chart: A in the first colour, B in the second and dashed. */
const RUNS: readonly Pick<ChartSeries, "label" | "colour" | "dash">[] = [
  { label: "A", colour: 1, dash: [] },
  { label: "B", colour: 2, dash: [10, 4] },
];

/** Null where one of the runs has no curve. */
export function recoveryFigure({ diff, a, b, recovery }: OverlaidStorm, target: number): Figure | null {
  if (recovery === null || a === null || b === null) return null;
  const { cohorts, curve, shownMs } = recovery;
  const whose = diff.cohort === null ? "the whole fleet" : `cohort ${diff.cohort}`;
  const windows = a.windowMs === b.windowMs ? `the window of ${duration(a.windowMs)}` : "its window";
  const reached = cohorts.map(
    ({ due, reached: share }, i) => `${RUNS[i]?.label}: ${percentReached(share)} of ${count(due)}`,
  );
  return figure(
    `Recovery from storm ${diff.storm}: ${whose}`,
    `Ready again when ${windows} ended: ${reached.join("; ")}.`,
    {
      id: `plot-recovery-${diff.storm}-${diff.cohort === null ? "fleet" : safeId(diff.cohort)}`,
      ...READY_SHARE,
      xLabel: "time since the storm",
      xRange: [0, shownMs / 1000],
      data: [curve.timesMs.map((ms) => ms / 1000), ...curve.shares],
      series: RUNS.map((run, i) => ({
        ...run,
        rest: percentReached(cohorts[i]?.reached ?? 0),
        shape: "step",
      })),
      rest: `when ${windows} ended`,
      target: { y: target, label: `target ${percentReached(target)}` },
      marks: [],
    },
    table({
      caption: `Share of the affected devices ready again after storm ${diff.storm}`,
      header: ["Time since the storm", "A", "B"],
      rows: recovery.table.timesMs.map((ms, i) => ({
        head: duration(ms),
        cells: recovery.table.shares.map((own) => cell(percentReached(own[i] ?? 0))),
      })),
    }),
  );
}

/** Names of cohorts are the user's text. */
function safeId(name: string): string {
  return [...name].map((one) => (/[A-Za-z0-9-]/.test(one) ? one : `_${one.codePointAt(0)}`)).join("");
}

const RATE_WORDS: Record<LoadRate, { title: string; shape: ChartSeries["shape"] }> = {
  connectAttemptsPerS: { title: "Connect attempts", shape: "line" },
  configRequestsPerS: { title: "Config requests", shape: "line" },
  readyPerS: { title: "Goodput: devices that became ready", shape: "line" },
};

export function loadFigures({ load, a, b }: TwoRuns): Figure[] {
  return load.map((one) => loadFigure(one, a.summary, b.summary));
}

function loadFigure({ rate, timesS, a, b, peak }: OverlaidRate, inA: Summary, inB: Summary): Figure {
  const { title, shape } = RATE_WORDS[rate];
  const [first, last] = [timesS[0] ?? 0, timesS.at(-1) ?? 0];
  return figure(
    `${title} per second`,
    `Highest: A ${count(peak.a)}, B ${count(peak.b)}.`,
    {
      id: `plot-load-${rate}`,
      xAxis: "seconds",
      yAxis: "perSecond",
      xLabel: "time since each fleet's time zero",
      yLabel: "per second",
      xRange: [first, Math.max(last, first + 1)],
      yMax: Math.max(peak.a, peak.b) * 1.2 || 1,
      data: [timesS, a, b],
      series: RUNS.map((run, i) => ({ ...run, rest: `peak ${count([peak.a, peak.b][i] ?? 0)}`, shape })),
      rest: "whole run",
      target: null,
      marks: marksOfBoth(inA, inB),
    },
    rateTable(title, timesS, a, b),
  );
}

/** Storms that both runs have at the same time are one mark. */
function marksOfBoth(inA: Summary, inB: Summary): ChartSpec["marks"] {
  const marksOf = ({ storms }: Summary): ChartSpec["marks"] =>
    stormMarks(storms.filter(({ happened }) => happened));
  const [ofA, ofB] = [marksOf(inA), marksOf(inB)];
  const alike = (one: ChartSpec["marks"][number], other: ChartSpec["marks"][number]): boolean =>
    one.label === other.label && one.from === other.from && one.to === other.to;
  return [
    ...ofA.map((one) =>
      ofB.some((other) => alike(one, other)) ? one : { ...one, label: `${one.label} (A)` },
    ),
    ...ofB
      .filter((one) => !ofA.some((other) => alike(one, other)))
      .map((one) => ({ ...one, label: `${one.label} (B)` })),
  ];
}

const LONGEST_TABLE = 60;

/** Each line has the highest values of its stretch of time. */
function rateTable(
  title: string,
  timesS: readonly number[],
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): ReturnType<typeof table> {
  const stretch = Math.max(1, Math.ceil(timesS.length / LONGEST_TABLE));
  const rows = Array.from({ length: Math.ceil(timesS.length / stretch) }, (_, i) => i * stretch);
  const highestOf = (values: readonly (number | null)[], from: number): string => {
    const known = values.slice(from, from + stretch).filter((value) => value !== null);
    return known.length === 0 ? "–" : count(Math.max(...known));
  };
  return table({
    caption: `${title}: highest means over one second up to each time`,
    header: ["Time since time zero", "A", "B"],
    rows: rows.map((from) => ({
      head: `${Number((timesS[Math.min(from + stretch, timesS.length) - 1] ?? 0).toFixed(1))} s`,
      cells: [cell(highestOf(a, from)), cell(highestOf(b, from))],
    })),
  });
}
