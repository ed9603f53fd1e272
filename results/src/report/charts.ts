/// <reference lib="dom" />
import type UPlot from "uplot";
import * as cells from "./chart-cells.ts";
import * as marks from "./chart-marks.ts";
import type { ChartSeries, ChartSpec } from "./chart-spec.ts";
import * as time from "./chart-time.ts";
import * as words from "./chart-words.ts";
import type { Chart, ChartPage } from "./chart-zoom.ts";
import * as zoom from "./chart-zoom.ts";

/*
 * The browser code: this file, and those that it imports. It is inlined by Function.prototype.toString() (`BROWSER_CODE`) and not
 * kept as a string or an asset: so the compiler and the linter see it, and tsc, which copies no assets, has nothing to copy. The
 * price: each function may use only the browser, the global uPlot, and the other functions of the list, whatever file they stand
 * in; an import would not come along, so they are declared by their types.
 */
declare const uPlot: typeof UPlot;
declare const xText: typeof words.xText;
declare const yText: typeof words.yText;
declare const colourOf: typeof words.colourOf;
declare const cssColour: typeof words.cssColour;
declare const legendDash: typeof words.legendDash;
declare const drawCells: typeof cells.drawCells;
declare const momentText: typeof cells.momentText;
declare const addKey: typeof cells.addKey;
declare const drawMarks: typeof marks.drawMarks;
declare const drawMarkNames: typeof marks.drawMarkNames;
declare const drawFolds: typeof marks.drawFolds;
declare const drawTarget: typeof marks.drawTarget;
declare const drawNotes: typeof marks.drawNotes;
declare const foldWidth: typeof time.foldWidth;
declare const timeSplits: typeof time.timeSplits;
declare const axisName: typeof zoom.axisName;
declare const shownOf: typeof zoom.shownOf;
declare const rangeShown: typeof zoom.rangeShown;
declare const toScreen: typeof zoom.toScreen;
declare const fromScreen: typeof zoom.fromScreen;
declare const show: typeof zoom.show;
declare const zoomBy: typeof zoom.zoomBy;
declare const resetZoom: typeof zoom.resetZoom;
declare const pointTogether: typeof zoom.pointTogether;
declare const startTools: typeof zoom.startTools;

type Plot = UPlot;

function seriesOptions(spec: ChartSpec): UPlot.Series[] {
  return spec.series.map((series: ChartSeries) => {
    const colour = colourOf(series.colour);
    const options: UPlot.Series = {
      label: series.label,
      stroke: colour,
      width: 2,
      dash: series.dash,
      points: { show: false },
      value: (_plot, value, _series, index) => {
        if (index === null) return series.rest ?? "–";
        return value === null || value === undefined ? "–" : yText(spec, value);
      },
    };
    if (series.shape === "points" || series.shape === "linked") {
      options.points = { show: true, size: series.shape === "linked" ? 10 : 7, fill: colour };
      options.spanGaps = true;
      if (series.shape === "points") options.paths = () => null;
    }
    if (spec.cells !== undefined) options.paths = () => null;
    if (series.shape === "area") options.fill = `${colour}2e`;
    if (series.shape === "step" && uPlot.paths.stepped) options.paths = uPlot.paths.stepped({ align: 1 });
    return options;
  });
}

function xAxisOptions(page: ChartPage, spec: ChartSpec): UPlot.Axis {
  const options: UPlot.Axis = {
    label: spec.xLabel,
    space: 60,
    size: 32,
    values: (_plot, splits) => splits.map((x) => xText(spec, x)),
    filter: (_plot, splits) => splits,
  };
  if (spec.xAxis === "count") {
    // 1, 2, 5, 10, 20 ..., of which the axis shows those that have room.
    options.splits = (_plot, _axis, min, max) => {
      const splits: number[] = [];
      for (let power = 1; power <= max; power *= 10) {
        for (const x of [power, power * 2, power * 5]) if (x >= min && x <= max) splits.push(x);
      }
      return splits;
    };
  }
  if (spec.xAxis === "percentile") {
    // The axis has 0 %, 90 %, 99 %, 99.9 % ... as HdrHistogram's plotter has.
    options.splits = (_plot, _axis, min, max) => {
      const powers: number[] = [];
      for (let x = 1; x <= max * 1.0001; x *= 10) if (x >= min * 0.9999) powers.push(x);
      return powers;
    };
  }
  if (spec.xAxis === "seconds") {
    options.splits = (plot, _axis, min, max) => {
      const folds = shownOf(page, spec).isFolded ? (spec.time?.folds ?? []) : [];
      const width = folds.length === 0 ? 0 : foldWidth(folds, spec.xRange);
      return timeSplits(folds, width, [min, max], (plot.width - 70) / 60);
    };
  }
  return options;
}

function xScaleOptions(page: ChartPage, spec: ChartSpec): UPlot.Scale {
  const range = (): [number, number] => rangeShown(page, spec);
  if (spec.xAxis !== "seconds") return { time: false, distr: 3, log: 10, range };
  if ((spec.time?.folds ?? []).length === 0) return { time: false, range };
  return {
    time: false,
    distr: 100,
    fwd: (x: number) => toScreen(page, spec, x),
    bwd: (at: number) => fromScreen(page, spec, at),
    range,
  };
}

/** What was selected by dragging is what is shown. */
function showSelected(page: ChartPage, spec: ChartSpec, plot: Plot): void {
  const { left, width } = plot.select;
  if (width < 3) return;
  const range: [number, number] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  show(page, axisName(spec), range, shownOf(page, spec).isFolded);
}

function plotOptions(page: ChartPage, spec: ChartSpec, width: number): UPlot.Options {
  const axis = {
    stroke: cssColour("--muted"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    labelSize: 18,
    labelGap: 2,
    gap: 6,
    grid: { stroke: cssColour("--grid"), width: 1 },
    ticks: { show: false },
  };
  const yAxis: UPlot.Axis = { ...axis, label: spec.yLabel, size: 58 };
  if (spec.cells === undefined) yAxis.values = (_plot, splits) => splits.map((y) => yText(spec, y));
  else {
    yAxis.grid = { show: false };
    yAxis.splits = () => spec.series.map((_, row) => row + 0.5);
    yAxis.values = () => spec.series.map(({ label }) => label);
  }
  return {
    width,
    height: spec.cells === undefined ? Math.round(Math.min(320, Math.max(250, width * 0.5))) : 250,
    scales: { x: xScaleOptions(page, spec), y: { range: () => [0, spec.yMax] } },
    axes: [{ ...axis, ...xAxisOptions(page, spec) }, yAxis],
    series: [
      {
        label: spec.xLabel,
        value: (_plot, x, _series, index) => (index === null ? (spec.rest ?? "–") : momentText(spec, x)),
      },
      ...seriesOptions(spec),
    ],
    legend: {
      markers: {
        show: spec.cells === undefined,
        width: 3,
        dash: (_plot, i) => legendDash(spec.series[i - 1]?.dash ?? []),
      },
    },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 3 },
      points: spec.cells === undefined ? { size: 7 } : { show: false },
      bind: {
        dblclick: () => () => {
          resetZoom(page, spec);
          return null;
        },
      },
    },
    hooks: {
      drawClear: [(plot: Plot) => drawMarks(plot, spec)],
      draw: [
        (plot: Plot) => drawCells(plot, spec),
        (plot: Plot) => shownOf(page, spec).isFolded && drawFolds(plot, spec.time?.folds ?? []),
        (plot: Plot) => drawMarkNames(plot, spec),
        (plot: Plot) => drawTarget(plot, spec),
        (plot: Plot) => drawNotes(plot, spec),
      ],
      setCursor: [(plot: Plot) => pointTogether(page, { spec, plot })],
      setSelect: [(plot: Plot) => showSelected(page, spec, plot)],
    },
  };
}

function createPlot(page: ChartPage, spec: ChartSpec, holder: HTMLElement, width: number): Plot {
  holder.querySelector(".uplot")?.remove();
  const plot = new uPlot(plotOptions(page, spec, width), spec.data as UPlot.AlignedData, holder);
  const canvas = plot.ctx.canvas;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", spec.description);
  addKey(plot, spec);
  // The table behind the plot and the spoken output say its values better.
  plot.root.querySelector(".u-legend")?.setAttribute("aria-hidden", "true");
  return plot;
}

/** Arrow keys move the cursor from point to point, Home and End to the ends; what stands there is spoken. */
function moveCursor(page: ChartPage, { plot, spec, spoken }: Chart, key: string): boolean {
  const xs = plot.data[0];
  const [from, to] = rangeShown(page, spec);
  const first = Math.max(
    0,
    [...xs].findIndex((x) => x >= from - 1e-9),
  );
  const beyond = [...xs].findIndex((x) => x > to + 1e-9);
  const last = beyond === -1 ? xs.length - 1 : Math.max(first, beyond - 1);
  const at = plot.cursor.idx ?? first - 1;
  const stride = Math.max(1, Math.round((last - first + 1) / 100));
  const moves: Record<string, number> = {
    ArrowRight: Math.min(last, at + stride),
    ArrowLeft: Math.max(first, at - stride),
    Home: first,
    End: last,
  };
  const index = moves[key];
  if (index === undefined) return false;
  const x = xs[index] ?? 0;
  plot.setCursor({ left: plot.valToPos(x, "x"), top: plot.over.clientHeight / 2 });
  const values = spec.series.map((series, i) => {
    const y = plot.data[i + 1]?.[index];
    return `${series.label} ${y === null || y === undefined ? "no value" : yText(spec, y)}`;
  });
  spoken.textContent = `${momentText(spec, x)}: ${values.join(", ")}`;
  return true;
}

/** Plus and minus zoom at the cursor, 0 shows what was shown at first. */
function zoomByKey(page: ChartPage, { plot, spec, spoken }: Chart, key: string): boolean {
  const index = plot.cursor.idx;
  const centre = index === null || index === undefined ? null : (plot.data[0][index] ?? null);
  if (key === "+" || key === "=") zoomBy(page, spec, 0.5, 0, centre);
  else if (key === "-") zoomBy(page, spec, 2, 0, centre);
  else if (key === "0") resetZoom(page, spec);
  else return false;
  const [from, to] = rangeShown(page, spec);
  spoken.textContent = `Shown: ${xText(spec, from)} to ${xText(spec, to)}`;
  return true;
}

/** A plot in its place, which follows its spec: what of it changes later is shown by either. */
export interface StartedPlot {
  /** Draws it anew, for another width or other colours. */
  redraw(width?: number): void;
  /** Shows other data, axis ends and marks: the cursor stays where it was. */
  refresh(): void;
}

/** @param page the charts that it is zoomed and pointed at with */
export function startPlot(
  spec: ChartSpec,
  page: ChartPage = { charts: [], shown: new Map(), tools: [] },
): StartedPlot {
  const holder = document.getElementById(spec.id);
  if (holder === null) return { redraw: () => {}, refresh: () => {} };
  const spoken = document.createElement("div");
  spoken.className = "visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  holder.after(spoken);
  let drawnWidth = holder.clientWidth;
  const redraw = (width?: number): void => {
    drawnWidth = width ?? holder.clientWidth;
    chart.plot.destroy();
    chart.plot = createPlot(page, spec, holder, drawnWidth);
  };
  const refresh = (): void => {
    chart.plot.setData(spec.data as UPlot.AlignedData);
    chart.plot.ctx.canvas.setAttribute("aria-label", spec.description);
  };
  const chart: Chart = { spec, spoken, redraw, plot: createPlot(page, spec, holder, drawnWidth) };
  page.charts.push(chart);
  holder.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moveCursor(page, chart, event.key) || zoomByKey(page, chart, event.key)) event.preventDefault();
  });
  new ResizeObserver(() => {
    if (
      holder.clientWidth > 0 &&
      holder.clientWidth !== drawnWidth &&
      !document.documentElement.dataset.print
    ) {
      redraw();
    }
  }).observe(holder);
  return { redraw, refresh };
}

function startReport(): void {
  const specs: ChartSpec[] = JSON.parse(document.getElementById("plots")?.textContent ?? "[]");
  const page: ChartPage = { charts: [], shown: new Map(), tools: [] };
  for (const spec of specs) startPlot(spec, page);
  for (const place of document.querySelectorAll<HTMLElement>("[data-zoom]")) startTools(page, place);
  const redrawAll = (width?: number): void => {
    for (const { redraw } of page.charts) redraw(width);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawAll());
  const folded = [...document.querySelectorAll<HTMLDetailsElement>("details.prints")];
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    // Paper is white and narrow, whatever the screen is.
    document.documentElement.dataset.print = "yes";
    opened = folded.filter((one) => !one.open);
    for (const one of opened) one.open = true;
    redrawAll(640);
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.print;
    for (const one of opened) one.open = false;
    redrawAll();
  });
}

/** What draws plots, for pages that start themselves in another way. */
const PLOT_FUNCTIONS: readonly unknown[] = [
  ...Object.values(words),
  ...Object.values(cells),
  ...Object.values(marks),
  ...Object.values(time),
  ...Object.values(zoom),
  seriesOptions,
  xAxisOptions,
  xScaleOptions,
  showSelected,
  plotOptions,
  createPlot,
  moveCursor,
  zoomByKey,
  startPlot,
];

/** Browser code of a page with plots, from its own functions: the first is called when the page is there. */
export function browserCode(
  start: () => void,
  ...others: readonly ((...args: never[]) => unknown)[]
): string {
  const code = [
    "(() => {",
    '"use strict";',
    ...[...PLOT_FUNCTIONS, start, ...others].map(String),
    `${start.name}();`,
    "})();",
  ].join("\n");
  // A page carries neither indentation nor the comments of a line of their own.
  return code.replace(/^\s*\/\/.*\n/gm, "").replace(/^\s+/gm, "");
}

export const BROWSER_CODE: string = browserCode(startReport);
