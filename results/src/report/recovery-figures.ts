import { count, duration, percentReached } from "../judge/number-words.ts";
import { recoveredShare } from "../judge/recovery.ts";
import type { StormRecovery, StormsOverlaid } from "../judge/recovery-by-cohort.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";
import { seriesOf } from "./chart-series.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { type Figure, figure } from "./figure.ts";
import type { Html } from "./html.ts";
import { READY_SHARE } from "./ready-share.ts";
import { cell, table } from "./table.ts";
import { stormTime } from "./time-axes.ts";
import { ALL_COHORTS } from "./words.ts";

export function recoveryFigure(recovery: StormRecovery, storm: StormSummary, target: number): Figure {
  const { cohorts } = recovery;
  const reached = cohorts.map(
    ({ cohort, due, reached: share }) =>
      `${cohort ?? ALL_COHORTS}: ${percentReached(share)} of ${count(due)}`,
  );
  return figure(
    `Recovery from storm ${storm.index}`,
    `Ready again when the window of ${duration(storm.windowMs)} ended: ${reached.join("; ")}.`,
    recoverySpec(recovery, storm, target, {
      rest: "when its window ended",
      rests: cohorts.map(({ cohort, reached: share }) => recoveryRest(storm, cohort, share)),
    }),
    recoveryTable(recovery),
  );
}

/** @param legend what stands in it while nobody points at the chart, by cohort */
export function recoverySpec(
  { cohorts, curve, shownMs }: Pick<StormRecovery, "cohorts" | "curve" | "shownMs">,
  storm: Pick<StormSummary, "index" | "at">,
  target: number,
  legend: { rest: string; rests: readonly string[] },
): Omit<ChartSpec, "description"> {
  return {
    id: `plot-recovery-${storm.index}`,
    ...READY_SHARE,
    xLabel: "time since the storm",
    xRange: [0, shownMs / 1000],
    data: [curve.timesMs.map(inSeconds), ...curve.shares.map((own) => own.map(cutShare))],
    series: seriesOf(
      cohorts.map(({ cohort }) => cohort),
      "step",
      legend.rests,
    ),
    target: { y: target, label: `target ${percentReached(target)}` },
    marks: [],
    time: stormTime(storm),
    rest: legend.rest,
  };
}

/** What came of it, and the time that summary.json has; of a run that is held against it only the share is known here. */
function recoveryRest(storm: StormSummary, cohort: string | null, share: number): string {
  const fields = cohort === null ? storm : new Map(Object.entries(storm.cohorts)).get(cohort);
  const reached = percentReached(share);
  return fields === undefined
    ? reached
    : `${reached}, 99 % after ${duration(fields.readyMs.p99)}`.replace("after not", "not");
}

export function overlayFigure(
  { storms, shownMs, curve, table: rows }: StormsOverlaid,
  summary: Summary,
): Figure {
  const { recoveryTarget: target } = summary;
  const names = storms.map((index) => `storm ${index}`);
  const rests = storms.map((index) => {
    const storm = summary.storms.find((one) => one.index === index);
    return storm === undefined ? "–" : recoveryRest(storm, null, recoveredShare(storm) ?? 0);
  });
  return figure(
    "All storms, one over the other",
    "The whole fleet after each storm: does it get slower from one to the next?",
    {
      id: "plot-storms",
      ...READY_SHARE,
      xLabel: "time since each storm",
      xRange: [0, shownMs / 1000],
      data: [
        curve.timesMs.map(inSeconds),
        ...curve.shares.map((own) => own.map((share) => (share === null ? null : cutShare(share)))),
      ],
      series: seriesOf(names, "step", rests),
      target: { y: target, label: `target ${percentReached(target)}` },
      marks: [],
      time: stormTime(null),
      rest: "when their windows ended",
    },
    table({
      caption: "Share of the affected devices ready again after each storm",
      header: ["Time since each storm", ...names],
      rows: rows.timesMs.map((ms, i) => ({
        head: duration(ms),
        cells: rows.shares.map((own) => {
          const share = own[i] ?? null;
          return cell(share === null ? "–" : percentReached(share));
        }),
      })),
    }),
  );
}

/** In digits that a plot can show: a tenth of a millisecond, a millionth. */
function inSeconds(ms: number): number {
  return Number((ms / 1000).toFixed(4));
}

/** Is cut, not rounded, as it is when it is shown. */
function cutShare(share: number): number {
  return Math.floor(share * 1e6 + 1e-3) / 1e6;
}

function recoveryTable({ storm, cohorts, table: { timesMs, shares } }: StormRecovery): Html {
  return table({
    caption: `Share of the affected devices ready again after storm ${storm}`,
    header: ["Time since the storm", ...cohorts.map(({ cohort }) => cohort ?? ALL_COHORTS)],
    rows: timesMs.map((ms, i) => ({
      head: duration(ms),
      cells: shares.map((own) => cell(percentReached(own[i] ?? 0))),
    })),
  });
}
