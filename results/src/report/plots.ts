import type { Percentiles, Recovery, ReportData } from "../judge/curves.ts";
import type { CohortLoad, LoadPoint } from "../judge/load.ts";
import { count, duration, percentReached } from "../judge/number-words.ts";
import type { StormSummary } from "../judge/summary-schema.ts";
import { highest } from "../run/highest-lowest.ts";
import type { ChartSeries, ChartSpec } from "./chart-spec.ts";
import { type Html, html, NOTHING, visible } from "./html.ts";
import { cell, table, timeCell } from "./table.ts";
import { ALL_COHORTS, METRIC_WORDS } from "./words.ts";

/** Headings, captions, tables, and what the browser draws into them. */
export interface Plots {
  recovery: Html;
  load: Html;
  percentiles: Html;
  specs: ChartSpec[];
}

interface Figure {
  html: Html;
  spec: ChartSpec;
}

const DASHES = [[], [10, 4], [3, 3], [12, 4, 3, 4]];

export function plotsOf(data: ReportData): Plots {
  const recovery = data.summary.storms.flatMap((storm) => recoveryFigure(data, storm));
  const load = loadFigures(data);
  const percentiles = percentileFigures(data);
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
    percentiles: section(
      "percentiles",
      "Latency percentiles",
      "Each step to the right leaves out ten times fewer devices or operations: 90 %, 99 %, 99.9 %. Ready times are over all affected devices: where not enough of them came back, the curve ends.",
      percentiles.length > 0 ? [html`<div class="pair">${percentiles.map((one) => one.html)}</div>`] : [],
    ),
    specs: [...recovery, ...load, ...percentiles].map((one) => one.spec),
  };
}

function section(id: string, title: string, lead: string, figures: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<p class="lead">${lead}</p>
${figures.length > 0 ? figures : [html`<p>Nothing was recorded for this part.</p>`]}</section>`;
}

function figure(title: string, caption: string, spec: Omit<ChartSpec, "description">, values: Html): Figure {
  const heading = `${spec.id}-title`;
  return {
    html: html`<figure aria-labelledby="${heading}"><figcaption><h3 id="${heading}">${title}</h3>${caption === "" ? NOTHING : html`<p>${caption}</p>`}</figcaption>
<div class="chart" id="${spec.id}" role="group" aria-label="${title}. Arrow keys read the values." tabindex="0"></div>
<details><summary>Values as a table<span class="visually-hidden">: ${title}</span></summary>${values}</details></figure>
`,
    spec: { ...spec, description: visible(`${title}. ${caption}`) },
  };
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

function recoveryFigure({ recovery, summary }: ReportData, storm: StormSummary): Figure[] {
  const curves = recovery.filter((one) => one.storm === storm.index);
  if (curves.length === 0) return [];
  const windowS = storm.windowMs / 1000;
  const target = percentReached(summary.recoveryTarget);
  const shownS = Math.min(windowS, shownMs(curves) / 1000);
  const xs = ascending([0, shownS, ...curves.flatMap((one) => one.points.map((point) => point.tMs / 1000))]);
  const reached = curves.map((one) => {
    const share = percentReached(one.points.at(-1)?.share ?? 0);
    return `${one.cohort ?? ALL_COHORTS}: ${share} of ${count(one.due)}`;
  });
  return [
    figure(
      `Recovery from storm ${storm.index}`,
      `Ready again when the window of ${duration(storm.windowMs)} ended: ${reached.join("; ")}.`,
      {
        id: `plot-recovery-${storm.index}`,
        xAxis: "seconds",
        yAxis: "share",
        xLabel: "time since the storm",
        yLabel: "share ready",
        xRange: [0, shownS],
        yMax: 1.12,
        data: [xs, ...curves.map((one) => stepped(one, xs))],
        series: seriesOf(
          curves.map((one) => one.cohort),
          "step",
        ),
        target: { y: summary.recoveryTarget, label: `target ${target}` },
        marks: [],
      },
      recoveryTable(storm, curves),
    ),
  ];
}

/** Past the last device that became ready there is nothing to see, unless some never did: then all that was watched. */
function shownMs(curves: readonly Recovery[]): number {
  const ends = curves.map((one) => one.points.at(-1));
  return highest(
    ends.map((end) => (end && end.share > 1 - 1e-9 ? end.tMs * 1.15 : Number.POSITIVE_INFINITY)),
  );
}

/** What was reached holds until the next point. */
function stepped(curve: Recovery, xs: readonly number[]): number[] {
  let next = 0;
  let share = 0;
  return xs.map((x) => {
    for (let point = curve.points[next]; point && point.tMs / 1000 <= x; point = curve.points[++next]) {
      share = point.share;
    }
    return share;
  });
}

function recoveryTable(storm: StormSummary, curves: readonly Recovery[]): Html {
  const times = ascending(curves.flatMap((one) => one.rows.map((point) => point.tMs)));
  return table({
    caption: `Share of the affected devices ready again after storm ${storm.index}`,
    header: ["Time since the storm", ...curves.map((one) => one.cohort ?? ALL_COHORTS)],
    rows: times.map((tMs) => ({
      head: duration(tMs),
      cells: curves.map((one) => cell(percentReached(stepped(one, [tMs / 1000])[0] ?? 0))),
    })),
  });
}

const LOAD_SERIES: readonly (ChartSeries & { of: Exclude<keyof LoadPoint, "tMs"> })[] = [
  { of: "connectAttemptsPerS", label: "connect attempts /s", colour: 1, shape: "line", dash: [] },
  { of: "configRequestsPerS", label: "config requests /s", colour: 2, shape: "line", dash: [10, 4] },
  { of: "readyPerS", label: "became ready /s", colour: 3, shape: "area", dash: [] },
];

function loadFigures({ load, summary }: ReportData): Figure[] {
  const filled = load.filter((one) => one.points.length > 0);
  // The same scale for all cohorts, or they could not be compared.
  const cohortPeak = peakOf(filled.filter((one) => one.cohort !== null));
  return filled.map((one, i) => {
    const title = one.cohort === null ? "Whole fleet" : `Cohort: ${one.cohort}`;
    const peak = one.cohort === null ? peakOf([one]) : cohortPeak;
    const [first, last] = [(one.points[0]?.tMs ?? 0) / 1000, (one.points.at(-1)?.tMs ?? 0) / 1000];
    const peaks = LOAD_SERIES.map(({ of, label }) => `${label} ${count(highestOf(one, of))}`);
    return figure(
      title,
      `Highest: ${peaks.join(", ")}.`,
      {
        id: `plot-load-${i}`,
        xAxis: "seconds",
        yAxis: "perSecond",
        xLabel: "time since the fleet's time zero",
        yLabel: "per second",
        xRange: [first, Math.max(last, first + 1)],
        yMax: peak * 1.2 || 1,
        data: [
          one.points.map((point) => point.tMs / 1000),
          ...LOAD_SERIES.map(({ of }) => one.points.map((point) => point[of])),
        ],
        series: LOAD_SERIES.map(({ label, colour, shape, dash }) => ({ label, colour, shape, dash })),
        target: null,
        marks: summary.storms
          .filter((storm) => storm.happened)
          .map(({ index, at, windowMs }) => ({
            from: at / 1000,
            to: (at + windowMs) / 1000,
            label: `storm ${index}`,
          })),
      },
      loadTable(title, one),
    );
  });
}

function highestOf({ points }: CohortLoad, of: Exclude<keyof LoadPoint, "tMs">): number {
  return points.reduce((peak, point) => Math.max(peak, point[of]), 0);
}

function peakOf(loads: readonly CohortLoad[]): number {
  return highest([0, ...loads.flatMap((one) => LOAD_SERIES.map(({ of }) => highestOf(one, of)))]);
}

function loadTable(title: string, { rows }: CohortLoad): Html {
  return table({
    caption: `${title}: highest means over one second up to each time`,
    header: ["Time since time zero", ...LOAD_SERIES.map(({ label }) => label)],
    rows: rows.map((row) => ({
      head: `${Number((row.tMs / 1000).toFixed(1))} s`,
      cells: LOAD_SERIES.map(({ of }) => cell(count(row[of]))),
    })),
  });
}

function percentileFigures({ percentiles }: ReportData): Figure[] {
  const groups = new Map<string, Percentiles[]>();
  for (const one of percentiles) {
    const key = `${one.metric}-${one.storm ?? "run"}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].flatMap(([key, group]) => percentileFigure(key, group));
}

function percentileFigure(key: string, group: readonly Percentiles[]): Figure[] {
  const first = group[0] as Percentiles;
  // All curves climb the same ladder of quantiles, so the longest has the x values of every one.
  const longest = group.reduce((a, b) => (b.points.length > a.points.length ? b : a));
  const xs = longest.points.map((point) => 1 / (1 - point.quantile));
  if (xs.length < 2) return [];
  const title =
    first.metric === "ready" ? `Ready time after storm ${first.storm}` : METRIC_WORDS[first.metric];
  const highestMs = highest(group.flatMap((one) => one.points.map((point) => point.valueMs)));
  const unfinished = group.filter((one) => one.due !== null && one.rows.at(-1)?.quantile !== 1);
  const names = unfinished.map((one) => one.cohort ?? ALL_COHORTS);
  const caption =
    first.metric !== "ready"
      ? "Service time of one successful operation alone."
      : names.length === 0
        ? "From the loss of the connection until ready again, failed tries included."
        : `From the loss of the connection until ready again. 100 % was not reached by: ${names.join("; ")}.`;
  return [
    figure(
      title,
      caption,
      {
        id: `plot-percentiles-${key}`,
        xAxis: "percentile",
        yAxis: "milliseconds",
        xLabel: "percentile",
        yLabel: "time",
        xRange: [1, highest([100, xs.at(-1) ?? 1, ...group.map((one) => 2 * (one.due ?? 1))])],
        yMax: highestMs * 1.06 || 1,
        data: [xs, ...group.map((one) => xs.map((_, i) => one.points[i]?.valueMs ?? null))],
        series: seriesOf(
          group.map((one) => one.cohort),
          "line",
        ),
        target: null,
        marks: [],
      },
      percentileTable(title, group),
    ),
  ];
}

function percentileTable(title: string, group: readonly Percentiles[]): Html {
  const quantiles = ascending(group.flatMap((one) => one.rows.map((row) => row.quantile)));
  return table({
    caption: `${title}: percentiles`,
    header: ["Percentile", ...group.map((one) => one.cohort ?? ALL_COHORTS)],
    rows: quantiles.map((quantile) => ({
      head: `${Number((quantile * 100).toFixed(6))} %`,
      cells: group.map((one) => {
        const value = one.rows.find((row) => row.quantile === quantile)?.valueMs ?? null;
        return value === null && one.due === null ? cell("–") : timeCell(value);
      }),
    })),
  });
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
