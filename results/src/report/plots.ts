import type { Curves } from "../judge/curves.ts";
import { IDLE_SHARE } from "../judge/idle.ts";
import type { CohortLoad } from "../judge/load.ts";
import type { MessageRate } from "../judge/message-rates.ts";
import { count, duration, percent } from "../judge/number-words.ts";
import type { MetricPercentiles } from "../judge/percentiles-by-cohort.ts";
import { NARROWEST_COLUMN_MS } from "../judge/percentiles-over-time.ts";
import type { RateSeries } from "../judge/rate-series.ts";
import { stormsOverlaid } from "../judge/recovery-by-cohort.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { seriesOf } from "./chart-series.ts";
import type { ChartSeries, ChartSpec, TimeAxis } from "./chart-spec.ts";
import { type Figure, figure } from "./figure.ts";
import { heatFigures } from "./heat-figures.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { overlayFigure, recoveryFigure } from "./recovery-figures.ts";
import { stormMarks } from "./storm-marks.ts";
import { cell, table, timeCell } from "./table.ts";
import { runRange, runTime } from "./time-axes.ts";
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

export function plotsOf(summary: Summary, curves: Curves): Plots {
  const recovery = summary.storms.flatMap((storm) => {
    const own = curves.recovery.find((one) => one.storm === storm.index);
    return own === undefined ? [] : recoveryFigure(own, storm, summary.recoveryTarget);
  });
  const overlay = recovery.length < 2 ? [] : [overlayFigure(stormsOverlaid(curves.recovery), summary)];
  const marks = stormMarks(summary.storms.filter(({ happened }) => happened));
  const frame = { time: runTime(summary, curves), range: runRange(curves), marks };
  const load = loadFigures(curves.load, frame);
  const messages = curves.messages === null ? [] : [messageFigure(curves.messages, frame)];
  const heat = heatFigures(curves.overTime, {
    xRange: frame.range,
    time: frame.time,
    marks,
  });
  const percentiles = curves.percentiles.map((one) => percentileFigure(one, summary, curves));
  const [fleet, ...cohorts] = load;
  return {
    recovery: section(
      "recovery",
      "Recovery curves",
      "Share of the affected devices that are ready again, against the time since the storm. The steeper, the better; a curve that runs flat below the dashed line is a fleet that does not come back.",
      recovery.length === 0
        ? []
        : [
            zoomTools("storm"),
            ...overlay.map((one) => one.html),
            overlay.length === 0 ? html`${recovery.map((one) => one.html)}` : pair(recovery),
          ],
    ),
    load: section(
      "load",
      "Offered load and goodput",
      `Means over one second. Connect attempts and config requests are what the devices ask of the system (offered load); devices that become ready are what comes of it (goodput). Goodput is counted from the ready times inside the storms' windows, and outside from the growth of the number of ready devices, which hides those that leave and come back within 0.1 s. Storm windows are shaded.${foldWords(curves)}`,
      fleet ? [zoomTools("run"), fleet.html, pair(cohorts)] : [],
    ),
    messages: html`${messages.length === 0 ? NOTHING : zoomTools("run")}${messages.map((one) => one.html)}`,
    percentiles: section(
      "percentiles",
      "Latency percentiles",
      "Each step to the right leaves out ten times fewer devices or operations: 90 %, 99 %, 99.9 %. Ready times are over all affected devices: where not enough of them came back, the curve ends.",
      percentiles.length > 0 ? [pair(percentiles), ...heatParts(heat, summary)] : heatParts(heat, summary),
    ),
    specs: [...overlay, ...recovery, ...load, ...messages, ...percentiles, ...heat].map((one) => one.spec),
  };
}

function pair(figures: readonly Figure[]): Html {
  return figures.length === 0 ? NOTHING : html`<div class="pair">${figures.map((one) => one.html)}</div>`;
}

function heatParts(heat: readonly Figure[], { forecast }: Summary): Html[] {
  if (forecast !== null)
    return [
      html`<p class="note">A forecast keeps its times for the whole run alone: when it was slow is not known.</p>`,
    ];
  if (heat.length === 0) return [];
  return [
    html`<h3 class="part">Over the run's time</h3>
<p class="lead">When it was slow: the darker on white, and the brighter on black, the longer it took. A worker writes down what it recorded every ${duration(NARROWEST_COLUMN_MS)}, so that a column is no narrower; what it wrote counts where the middle of that time lies. No colour: nothing succeeded then, or too little to tell (99 % needs 100 operations, 99.9 % needs 1,000). Storm windows begin with a line.</p>`,
    zoomTools("run"),
    ...heat.map((one) => one.html),
  ];
}

/** The browser puts buttons there: without it there is nothing to zoom. */
function zoomTools(axis: "run" | "storm"): Html {
  const what = axis === "run" ? "the run's time" : "the time since the storm";
  return html`<div class="tools" data-zoom="${axis}" role="group" aria-label="What the charts over ${what} show"></div>`;
}

/** What the charts leave out is said where they stand. */
function foldWords({ idle }: Curves): string {
  if (idle.length === 0) return "";
  return ` Hatched stretches are idle and folded: no rate of the fleet was above ${percent(IDLE_SHARE)} of its highest there. “Whole run” shows them to scale.`;
}

function section(id: string, title: string, lead: string, figures: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<p class="lead">${lead}</p>
${figures.length > 0 ? figures : [html`<p>Nothing was recorded for this part.</p>`]}</section>`;
}

/** One line of a chart over time. */
export type RateLine<Rate extends string> = ChartSeries & { of: Rate };

export const LOAD_SERIES: readonly RateLine<keyof CohortLoad["peak"]>[] = [
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

/** What charts over the run's time have in common. */
interface RunFrame {
  time: TimeAxis;
  range: [number, number];
  marks: ChartSpec["marks"];
}

function loadFigures(load: readonly CohortLoad[], frame: RunFrame): Figure[] {
  const filled = load.filter((one) => one.points.length > 0);
  // All cohorts have the same scale, or they could not be compared.
  const cohortsHighest = highestOf(filled.filter((one) => one.cohort !== null));
  return filled.map((one, i) => {
    const title = one.cohort === null ? "Whole fleet" : `Cohort: ${one.cohort}`;
    const highest = one.cohort === null ? highestOf([one]) : cohortsHighest;
    return rateFigure(`plot-load-${i}`, title, LOAD_SERIES, one, highest, frame);
  });
}

function messageFigure(messages: RateSeries<MessageRate>, frame: RunFrame): Figure {
  const highest = Math.max(...MESSAGE_SERIES.map(({ of }) => messages.peak[of]));
  return rateFigure("plot-messages", "Messages over time", MESSAGE_SERIES, messages, highest, frame);
}

function rateFigure<Rate extends string>(
  id: string,
  title: string,
  lines: readonly RateLine<Rate>[],
  { points, rows, peak }: RateSeries<Rate>,
  highest: number,
  { time, range, marks }: RunFrame,
): Figure {
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
      xRange: range,
      yMax: highest * 1.2 || 1,
      data: [
        points.map((point) => point.tMs / 1000),
        ...lines.map(({ of }) => points.map((point): number => point[of])),
      ],
      series: lines.map(({ of, label, colour, shape, dash }) => {
        const at = points.find((point) => point[of] === peak[of]);
        const rest =
          peak[of] > 0 && at ? `peak ${count(peak[of])} at ${Number((at.tMs / 1000).toFixed(1))} s` : "none";
        return { label, rest, colour, shape, dash };
      }),
      time,
      rest: "whole run",
      target: null,
      marks,
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

function percentileFigure(percentiles: MetricPercentiles, summary: Summary, curves: Curves): Figure {
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
        cohorts.map(({ cohort }) => p99Of(percentiles, cohort, summary, curves)),
      ),
      rest: "99 %",
      target: null,
      marks: [],
    },
    percentileTable(title, percentiles),
  );
}

/** As summary.json has it. */
function p99Of(
  { metric, storm }: MetricPercentiles,
  cohort: string | null,
  { storms, latencyMs }: Summary,
  { serviceTimes }: Curves,
): string {
  if (metric === "ready") {
    const fleet = storms.find(({ index }) => index === storm);
    const fields = cohort === null ? fleet : new Map(Object.entries(fleet?.cohorts ?? {})).get(cohort);
    return fields === undefined ? "–" : duration(fields.readyMs.p99);
  }
  const own = serviceTimes.find((one) => one.metric === metric && one.cohort === cohort);
  const p99 = cohort === null ? latencyMs[metric].p99 : (own?.latency.p99 ?? null);
  return p99 === null ? "–" : duration(p99);
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
