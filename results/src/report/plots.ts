import type { Curves } from "../judge/curves.ts";
import type { CohortLoad } from "../judge/load.ts";
import type { MessageRate } from "../judge/message-rates.ts";
import { count, duration, percentReached } from "../judge/number-words.ts";
import type { MetricPercentiles } from "../judge/percentiles-by-cohort.ts";
import type { RateSeries } from "../judge/rate-series.ts";
import type { StormRecovery } from "../judge/recovery-by-cohort.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";
import type { ChartSeries, ChartSpec } from "./chart-spec.ts";
import { type Figure, figure } from "./figure.ts";
import { type Html, html, visible } from "./html.ts";
import { cell, table, timeCell } from "./table.ts";
import { ALL_COHORTS, METRIC_WORDS } from "./words.ts";

/** Headings, captions, tables, and what the browser draws into them. */
export interface Plots {
  recovery: Html;
  load: Html;
  /** Stands beside the tables of messages; nothing where none were tracked. */
  messages: Html;
  percentiles: Html;
  specs: ChartSpec[];
}

const DASHES = [[], [10, 4], [3, 3], [12, 4, 3, 4]];

export function plotsOf(summary: Summary, curves: Curves): Plots {
  const recovery = summary.storms.flatMap((storm) => {
    const own = curves.recovery.find((one) => one.storm === storm.index);
    return own === undefined ? [] : recoveryFigure(own, storm, summary.recoveryTarget);
  });
  const load = loadFigures(curves.load, summary);
  const messages = curves.messages === null ? [] : [messageFigure(curves.messages, summary)];
  const percentiles = curves.percentiles.map(percentileFigure);
  const [fleet, ...cohorts] = load;
  return {
    recovery: section(
      "recovery",
      "Recovery curves",
      "Share of the affected devices that are ready again, against the time since the storm. The steeper, the better; a curve that runs flat below the dashed line is a fleet that does not come back.",
      recovery.map((one) => one.html),
    ),
    load: section(
      "load",
      "Offered load and goodput",
      "Means over one second. Connect attempts and config requests are what the devices ask of the system (offered load); devices that become ready are what comes of it (goodput). Goodput is counted from the ready times inside the storms' windows, and outside from the growth of the number of ready devices, which hides those that leave and come back within 0.1 s. Storm windows are shaded.",
      fleet ? [fleet.html, html`<div class="pair">${cohorts.map((one) => one.html)}</div>`] : [],
    ),
    messages: html`${messages.map((one) => one.html)}`,
    percentiles: section(
      "percentiles",
      "Latency percentiles",
      "Each step to the right leaves out ten times fewer devices or operations: 90 %, 99 %, 99.9 %. Ready times are over all affected devices: where not enough of them came back, the curve ends.",
      percentiles.length > 0 ? [html`<div class="pair">${percentiles.map((one) => one.html)}</div>`] : [],
    ),
    specs: [...recovery, ...load, ...messages, ...percentiles].map((one) => one.spec),
  };
}

function section(id: string, title: string, lead: string, figures: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<p class="lead">${lead}</p>
${figures.length > 0 ? figures : [html`<p>Nothing was recorded for this part.</p>`]}</section>`;
}

/** One cohort alone has the first colour; beside others the whole fleet has the text's colour. */
function seriesOf(cohorts: readonly (string | null)[], shape: ChartSeries["shape"]): ChartSeries[] {
  const named = cohorts.filter((cohort) => cohort !== null);
  return cohorts.map((cohort) => {
    const index = cohort === null ? -1 : named.indexOf(cohort);
    return {
      label: visible(cohort ?? ALL_COHORTS),
      colour: index + 1,
      shape,
      dash: cohort === null ? [2, 3] : (DASHES[index % DASHES.length] ?? []),
    };
  });
}

function recoveryFigure(recovery: StormRecovery, storm: StormSummary, target: number): Figure {
  const { cohorts, curve, shownMs } = recovery;
  const reached = cohorts.map(
    ({ cohort, due, reached: share }) =>
      `${cohort ?? ALL_COHORTS}: ${percentReached(share)} of ${count(due)}`,
  );
  return figure(
    `Recovery from storm ${storm.index}`,
    `Ready again when the window of ${duration(storm.windowMs)} ended: ${reached.join("; ")}.`,
    {
      id: `plot-recovery-${storm.index}`,
      xAxis: "seconds",
      yAxis: "share",
      xLabel: "time since the storm",
      yLabel: "share ready",
      xRange: [0, shownMs / 1000],
      yMax: 1.12,
      data: [curve.timesMs.map((ms) => ms / 1000), ...curve.shares],
      series: seriesOf(
        cohorts.map(({ cohort }) => cohort),
        "step",
      ),
      target: { y: target, label: `target ${percentReached(target)}` },
      marks: [],
    },
    recoveryTable(recovery),
  );
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

/** One line of a chart over time. */
type RateLine<Rate extends string> = ChartSeries & { of: Rate };

const LOAD_SERIES: readonly RateLine<keyof CohortLoad["peak"]>[] = [
  { of: "connectAttemptsPerS", label: "connect attempts /s", colour: 1, shape: "line", dash: [] },
  { of: "configRequestsPerS", label: "config requests /s", colour: 2, shape: "line", dash: [10, 4] },
  { of: "readyPerS", label: "became ready /s", colour: 3, shape: "area", dash: [] },
];

const MESSAGE_SERIES: readonly RateLine<MessageRate>[] = [
  { of: "publishedPerS", label: "published /s", colour: 1, shape: "line", dash: [] },
  { of: "deliveredPerS", label: "delivered /s", colour: 3, shape: "area", dash: [] },
  { of: "missedPerS", label: "found missing /s", colour: 2, shape: "line", dash: [10, 4] },
  { of: "duplicatesPerS", label: "duplicates /s", colour: 4, shape: "line", dash: [3, 3] },
];

function loadFigures(load: readonly CohortLoad[], summary: Summary): Figure[] {
  const filled = load.filter((one) => one.points.length > 0);
  // All cohorts have the same scale, or they could not be compared.
  const cohortsHighest = highestOf(filled.filter((one) => one.cohort !== null));
  return filled.map((one, i) => {
    const title = one.cohort === null ? "Whole fleet" : `Cohort: ${one.cohort}`;
    const highest = one.cohort === null ? highestOf([one]) : cohortsHighest;
    return rateFigure(`plot-load-${i}`, title, LOAD_SERIES, one, highest, summary);
  });
}

function messageFigure(messages: RateSeries<MessageRate>, summary: Summary): Figure {
  const highest = Math.max(...MESSAGE_SERIES.map(({ of }) => messages.peak[of]));
  return rateFigure("plot-messages", "Messages over time", MESSAGE_SERIES, messages, highest, summary);
}

function rateFigure<Rate extends string>(
  id: string,
  title: string,
  lines: readonly RateLine<Rate>[],
  { points, rows, peak }: RateSeries<Rate>,
  highest: number,
  { storms }: Summary,
): Figure {
  const [first, last] = [(points[0]?.tMs ?? 0) / 1000, (points.at(-1)?.tMs ?? 0) / 1000];
  const peaks = lines.map(({ of, label }) => `${label} ${count(peak[of])}`);
  return figure(
    title,
    `Highest: ${peaks.join(", ")}.`,
    {
      id,
      xAxis: "seconds",
      yAxis: "perSecond",
      xLabel: "time since the fleet's time zero",
      yLabel: "per second",
      xRange: [first, Math.max(last, first + 1)],
      yMax: highest * 1.2 || 1,
      data: [
        points.map((point) => point.tMs / 1000),
        ...lines.map(({ of }) => points.map((point): number => point[of])),
      ],
      series: lines.map(({ label, colour, shape, dash }) => ({ label, colour, shape, dash })),
      target: null,
      marks: storms
        .filter((storm) => storm.happened)
        .map(({ index, at, windowMs }) => ({
          from: at / 1000,
          to: (at + windowMs) / 1000,
          label: `storm ${index}`,
        })),
    },
    table({
      caption: `${title}: highest means over one second up to each time`,
      header: ["Time since time zero", ...lines.map(({ label }) => label)],
      rows: rows.map((row) => ({
        head: `${Number((row.tMs / 1000).toFixed(1))} s`,
        cells: lines.map(({ of }) => cell(count(row[of]))),
      })),
    }),
  );
}

/** The end of an axis that all of them share. */
function highestOf(loads: readonly CohortLoad[]): number {
  return Math.max(0, ...loads.flatMap(({ peak }) => LOAD_SERIES.map(({ of }) => peak[of])));
}

function percentileFigure(percentiles: MetricPercentiles): Figure {
  const { metric, storm, cohorts, curve, highestMs } = percentiles;
  const title = metric === "ready" ? `Ready time after storm ${storm}` : METRIC_WORDS[metric];
  const xs = curve.quantiles.map((quantile) => 1 / (1 - quantile));
  const names = cohorts
    .filter(({ due, isComplete }) => due !== null && !isComplete)
    .map(({ cohort }) => cohort ?? ALL_COHORTS);
  const caption =
    metric !== "ready"
      ? "Service time of one successful operation alone."
      : names.length === 0
        ? "From the loss of the connection until ready again, failed tries included."
        : `From the loss of the connection until ready again. 100 % was not reached by: ${names.join("; ")}.`;
  return figure(
    title,
    caption,
    {
      id: `plot-percentiles-${metric}-${storm ?? "run"}`,
      xAxis: "percentile",
      yAxis: "milliseconds",
      xLabel: "percentile",
      yLabel: "time",
      xRange: [1, Math.max(100, xs.at(-1) ?? 1, ...cohorts.map(({ due }) => 2 * (due ?? 1)))],
      yMax: highestMs * 1.06 || 1,
      data: [xs, ...curve.valuesMs],
      series: seriesOf(
        cohorts.map(({ cohort }) => cohort),
        "line",
      ),
      target: null,
      marks: [],
    },
    percentileTable(title, percentiles),
  );
}

function percentileTable(
  title: string,
  { cohorts, table: { quantiles, valuesMs } }: MetricPercentiles,
): Html {
  return table({
    caption: `${title}: percentiles`,
    header: ["Percentile", ...cohorts.map(({ cohort }) => cohort ?? ALL_COHORTS)],
    rows: quantiles.map((quantile, i) => ({
      head: `${Number((quantile * 100).toFixed(6))} %`,
      cells: cohorts.map(({ due }, at) => {
        const value = valuesMs[at]?.[i] ?? null;
        return value === null && due === null ? cell("–") : timeCell(value);
      }),
    })),
  });
}
