/// <reference lib="dom" />
import type UPlot from "uplot";
import type { ChartSpec } from "./chart-spec.ts";

/*
 * The only browser code. It is inlined by Function.prototype.toString() (`BROWSER_CODE`) and not kept as a string or an
 * asset: so the compiler and the linter see it, and tsc, which copies no assets, has nothing to copy. The price: each
 * function may use only the browser, the global uPlot, and the other functions of the list: an import would not come along.
 */
declare const uPlot: typeof UPlot;

type Plot = UPlot;

/** A plot in its place, which follows its spec: what of it changes later is shown by either. */
export interface StartedPlot {
  /** Draws it anew, for another width or other colours. */
  redraw(width?: number): void;
  /** Shows other data, axis ends and marks: the cursor stays where it was. */
  refresh(): void;
}

function colourOf(index: number): string {
  const style = getComputedStyle(document.documentElement);
  const name = index === 0 ? "--text" : `--series-${((index - 1) % 6) + 1}`;
  return style.getPropertyValue(name).trim();
}

function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function xText(spec: ChartSpec, x: number): string {
  if (spec.xAxis === "seconds") return `${Number(x.toFixed(2))} s`;
  if (spec.xAxis === "count") return Math.round(x).toLocaleString("en-US");
  // The axis shows 1 / (1 - q): this leads back to the percentile, with a digit more for every nine.
  const digits = Math.max(0, Math.ceil(Math.log10(x) - 1e-9) - 1);
  return `${Number(((1 - 1 / x) * 100).toFixed(digits))} %`;
}

function msText(ms: number): string {
  if (ms === 0) return "0";
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

function yText(spec: ChartSpec, y: number): string {
  if (spec.yAxis === "share") return `${Math.floor(y * 1e4 + 1e-6) / 100} %`;
  if (spec.yAxis === "milliseconds") return msText(y);
  return Math.round(y).toLocaleString("en-US");
}

/** Storm windows behind the series. */
function drawMarks(plot: Plot, spec: ChartSpec): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const mark of spec.marks) {
    const from = plot.valToPos(mark.from, "x", true);
    const to = plot.valToPos(mark.to, "x", true);
    ctx.fillStyle = cssColour("--window");
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.fillStyle = cssColour("--muted");
    ctx.fillRect(from, bbox.top, devicePixelRatio, bbox.height);
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.fillText(mark.label, from + 5 * devicePixelRatio, bbox.top + 4 * devicePixelRatio);
  }
  ctx.restore();
}

function drawTarget(plot: Plot, spec: ChartSpec): void {
  if (spec.target === null) return;
  const { ctx, bbox } = plot;
  const y = plot.valToPos(spec.target.y, "y", true);
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = cssColour("--muted");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  // The label stands above 100 %, where no curve runs.
  const above = plot.valToPos(Math.max(1, spec.target.y), "y", true) - 4 * devicePixelRatio;
  ctx.fillText(spec.target.label, bbox.left + bbox.width - 4 * devicePixelRatio, above);
  ctx.restore();
}

/** Words beside points: to the right of them, unless they would not fit there. */
function drawNotes(plot: Plot, spec: ChartSpec): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = cssColour("--text");
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  for (const note of spec.notes ?? []) {
    const x = plot.valToPos(note.x, "x", true);
    const gap = 9 * devicePixelRatio;
    const fits = x + gap + ctx.measureText(note.text).width < bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(note.text, fits ? x + gap : x - gap, plot.valToPos(note.y, "y", true) - gap);
  }
  ctx.restore();
}

function seriesOptions(spec: ChartSpec): UPlot.Series[] {
  return spec.series.map((series) => {
    const colour = colourOf(series.colour);
    const options: UPlot.Series = {
      label: series.label,
      stroke: colour,
      width: 2,
      dash: series.dash,
      points: { show: false },
      value: (_plot, value) => (value === null || value === undefined ? "–" : yText(spec, value)),
    };
    if (series.shape === "points" || series.shape === "linked") {
      options.points = { show: true, size: series.shape === "linked" ? 10 : 7, fill: colour };
      options.spanGaps = true;
      if (series.shape === "points") options.paths = () => null;
    }
    if (series.shape === "area") options.fill = `${colour}2e`;
    if (series.shape === "step" && uPlot.paths.stepped) options.paths = uPlot.paths.stepped({ align: 1 });
    return options;
  });
}

function legendDash(dash: readonly number[]): string {
  if (dash.length === 0) return "solid";
  return (dash[0] ?? 0) < 5 ? "dotted" : "dashed";
}

function plotOptions(spec: ChartSpec, width: number): UPlot.Options {
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
  const logarithmic = spec.xAxis !== "seconds";
  const xAxis: UPlot.Axis = {
    ...axis,
    label: spec.xLabel,
    space: 60,
    size: 32,
    values: (_plot, splits) => splits.map((x) => xText(spec, x)),
  };
  if (spec.xAxis === "count") {
    // 1, 2, 5, 10, 20 ..., of which the axis shows those that have room.
    xAxis.splits = (_plot, _axis, min, max) => {
      const splits: number[] = [];
      for (let power = 1; power <= max; power *= 10) {
        for (const x of [power, power * 2, power * 5]) if (x >= min && x <= max) splits.push(x);
      }
      return splits;
    };
    xAxis.filter = (_plot, splits) => splits;
  }
  if (spec.xAxis === "percentile") {
    // The axis has 0 %, 90 %, 99 %, 99.9 % ... as HdrHistogram's plotter has.
    xAxis.splits = (_plot, _axis, min, max) => {
      const powers: number[] = [];
      for (let x = 1; x <= max * 1.0001; x *= 10) if (x >= min * 0.9999) powers.push(x);
      return powers;
    };
    xAxis.filter = (_plot, splits) => splits;
  }
  return {
    width,
    height: Math.round(Math.min(320, Math.max(250, width * 0.5))),
    scales: {
      x: logarithmic
        ? { time: false, distr: 3, log: 10, range: () => spec.xRange }
        : { time: false, range: () => spec.xRange },
      y: { range: () => [0, spec.yMax] },
    },
    axes: [
      xAxis,
      { ...axis, label: spec.yLabel, size: 58, values: (_plot, splits) => splits.map((y) => yText(spec, y)) },
    ],
    series: [
      {
        label: spec.xLabel,
        value: (_plot, x) => (x === null || x === undefined ? "–" : xText(spec, x)),
      },
      ...seriesOptions(spec),
    ],
    legend: { markers: { width: 3, dash: (_plot, i) => legendDash(spec.series[i - 1]?.dash ?? []) } },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    hooks: {
      drawClear: [(plot: Plot) => drawMarks(plot, spec)],
      draw: [(plot: Plot) => drawTarget(plot, spec), (plot: Plot) => drawNotes(plot, spec)],
    },
  };
}

function createPlot(spec: ChartSpec, holder: HTMLElement, width: number): Plot {
  holder.querySelector(".uplot")?.remove();
  const plot = new uPlot(plotOptions(spec, width), spec.data as UPlot.AlignedData, holder);
  const canvas = plot.ctx.canvas;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", spec.description);
  // Its values are only those under the cursor: the table behind the plot and the spoken output say them better.
  plot.root.querySelector(".u-legend")?.setAttribute("aria-hidden", "true");
  return plot;
}

/** Arrow keys move the cursor from point to point, Home and End to the ends; what stands there is spoken. */
function moveCursor(plot: Plot, spec: ChartSpec, key: string, spoken: Element): boolean {
  const xs = plot.data[0];
  const last = xs.length - 1;
  const at = plot.cursor.idx ?? -1;
  const stride = Math.max(1, Math.round(xs.length / 100));
  const moves: Record<string, number> = {
    ArrowRight: Math.min(last, at + stride),
    ArrowLeft: Math.max(0, at - stride),
    Home: 0,
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
  spoken.textContent = `${xText(spec, x)}: ${values.join(", ")}`;
  return true;
}

export function startPlot(spec: ChartSpec): StartedPlot {
  const holder = document.getElementById(spec.id);
  if (holder === null) return { redraw: () => {}, refresh: () => {} };
  const spoken = document.createElement("div");
  spoken.className = "visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  holder.after(spoken);
  let drawnWidth = holder.clientWidth;
  let plot = createPlot(spec, holder, drawnWidth);
  const redraw = (width?: number): void => {
    drawnWidth = width ?? holder.clientWidth;
    plot.destroy();
    plot = createPlot(spec, holder, drawnWidth);
  };
  holder.addEventListener("keydown", (event) => {
    if (moveCursor(plot, spec, event.key, spoken)) event.preventDefault();
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
  const refresh = (): void => {
    plot.setData(spec.data as UPlot.AlignedData);
    plot.ctx.canvas.setAttribute("aria-label", spec.description);
  };
  return { redraw, refresh };
}

function startReport(): void {
  const specs: ChartSpec[] = JSON.parse(document.getElementById("plots")?.textContent ?? "[]");
  const plots = specs.map(startPlot);
  const redrawAll = (width?: number): void => {
    for (const plot of plots) plot.redraw(width);
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
const PLOT_FUNCTIONS = [
  colourOf,
  cssColour,
  xText,
  msText,
  yText,
  drawMarks,
  drawTarget,
  drawNotes,
  seriesOptions,
  legendDash,
  plotOptions,
  createPlot,
  moveCursor,
  startPlot,
];

/** Browser code of a page with plots, from its own functions: the first is called when the page is there. */
export function browserCode(
  start: () => void,
  ...others: readonly ((...args: never[]) => unknown)[]
): string {
  const functions = [...PLOT_FUNCTIONS, start, ...others];
  return [
    "(() => {",
    '"use strict";',
    ...functions.map((one) => one.toString()),
    `${start.name}();`,
    "})();",
  ].join("\n");
}

export const BROWSER_CODE: string = browserCode(startReport);
