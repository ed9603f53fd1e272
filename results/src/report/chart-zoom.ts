/// <reference lib="dom" />
import type UPlot from "uplot";
import type { ChartSpec, TimeView } from "./chart-spec.ts";

/* Browser code, as charts.ts says: charts on one axis show the same stretch, and the same moment. */
declare const xText: typeof import("./chart-words.ts").xText;
declare const folded: typeof import("./chart-time.ts").folded;
declare const foldWidth: typeof import("./chart-time.ts").foldWidth;
declare const unfolded: typeof import("./chart-time.ts").unfolded;
declare const sameMoment: typeof import("./chart-time.ts").sameMoment;
declare const leftOut: typeof import("./chart-time.ts").leftOut;

/** A chart that stands in the page. */
export interface Chart {
  spec: ChartSpec;
  /** What is written into it is spoken. */
  spoken: HTMLElement;
  plot: UPlot;
  redraw: (width?: number) => void;
}

/** What the charts of one axis show. */
interface Shown {
  /** Null is all there is. */
  range: [number, number] | null;
  isFolded: boolean;
}

/** The charts of a page, and what they show. */
export interface ChartPage {
  charts: Chart[];
  /** By the name of the axis. */
  shown: Map<string, Shown>;
  /** Tell the tools beside the charts what is shown now. */
  tools: (() => void)[];
}

/** A chart whose x is shared with no other has an axis of its own. */
export function axisName(spec: ChartSpec): string {
  return spec.time?.name ?? spec.id;
}

export function shownOf(page: ChartPage, spec: ChartSpec): Shown {
  const known = page.shown.get(axisName(spec));
  if (known !== undefined) return known;
  const first = spec.time?.views[0];
  const shown = { range: first?.range ?? null, isFolded: first?.isFolded ?? false };
  page.shown.set(axisName(spec), shown);
  return shown;
}

export function rangeShown(page: ChartPage, spec: ChartSpec): [number, number] {
  return shownOf(page, spec).range ?? spec.xRange;
}

/** Linear on the screen. */
export function toScreen(page: ChartPage, spec: ChartSpec, x: number): number {
  if (spec.xAxis !== "seconds") return Math.log10(x);
  const folds = spec.time?.folds ?? [];
  if (folds.length === 0 || !shownOf(page, spec).isFolded) return x;
  return folded(folds, foldWidth(folds, spec.xRange), x);
}

export function fromScreen(page: ChartPage, spec: ChartSpec, at: number): number {
  if (spec.xAxis !== "seconds") return 10 ** at;
  const folds = spec.time?.folds ?? [];
  if (folds.length === 0 || !shownOf(page, spec).isFolded) return at;
  return unfolded(folds, foldWidth(folds, spec.xRange), at);
}

export function chartsOf(page: ChartPage, name: string): Chart[] {
  return page.charts.filter(({ spec }) => axisName(spec) === name);
}

/** All charts of the axis show the stretch, as far as there is anything; null shows all. */
export function show(page: ChartPage, name: string, range: [number, number] | null, isFolded: boolean): void {
  const charts = chartsOf(page, name);
  const [first] = charts;
  if (first === undefined) return;
  const shown = shownOf(page, first.spec);
  const lowest = Math.min(...charts.map(({ spec }) => spec.xRange[0]));
  const highest = Math.max(...charts.map(({ spec }) => spec.xRange[1]));
  const refolded = isFolded !== shown.isFolded;
  shown.isFolded = isFolded;
  if (range === null) shown.range = null;
  else {
    const [from, to] = [Math.max(lowest, range[0]), Math.min(highest, range[1])];
    const [start, end] = [from, to].map((x) => toScreen(page, first.spec, x)) as [number, number];
    const [least, most] = [lowest, highest].map((x) => toScreen(page, first.spec, x)) as [number, number];
    // Closer than a thousandth there is nothing to see.
    if (end - start < (most - least) / 1000) return;
    shown.range = from <= lowest && to >= highest ? null : [from, to];
  }
  for (const chart of charts) {
    if (refolded) chart.redraw();
    const [min, max] = rangeShown(page, chart.spec);
    chart.plot.setScale("x", { min, max });
  }
  for (const tell of page.tools) tell();
}

/** Below 1 is closer; what is at `centre` stays where it is, or the middle does. `by` moves by a part of what is shown. */
export function zoomBy(
  page: ChartPage,
  spec: ChartSpec,
  factor: number,
  by = 0,
  centre: number | null = null,
): void {
  const [from, to] = rangeShown(page, spec).map((x) => toScreen(page, spec, x)) as [number, number];
  const charts = chartsOf(page, axisName(spec));
  const least = Math.min(...charts.map((one) => toScreen(page, one.spec, one.spec.xRange[0])));
  const most = Math.max(...charts.map((one) => toScreen(page, one.spec, one.spec.xRange[1])));
  const middle = centre === null ? (from + to) / 2 : toScreen(page, spec, centre);
  // At an end of the axis it stops, and shows as much as before.
  const moved = Math.min(most - to, Math.max(least - from, by * (to - from)));
  const range = [middle - (middle - from) * factor + moved, middle + (to - middle) * factor + moved];
  const [start = 0, end = 0] = range.map((at) => fromScreen(page, spec, Math.min(most, Math.max(least, at))));
  show(page, axisName(spec), [start, end], shownOf(page, spec).isFolded);
}

export function resetZoom(page: ChartPage, spec: ChartSpec): void {
  const first = spec.time?.views[0];
  show(page, axisName(spec), first?.range ?? null, first?.isFolded ?? false);
}

/** Whoever points at a moment points at it in all charts that have it. */
export function pointTogether(page: ChartPage, { spec, plot }: { spec: ChartSpec; plot: UPlot }): void {
  const { time } = spec;
  if (time === undefined) return;
  const left = plot.cursor.left ?? -10;
  const x = left < 0 ? null : plot.posToVal(left, "x");
  for (const other of page.charts) {
    if (other.plot === plot || other.spec.id === spec.id || other.spec.time === undefined) continue;
    const at = x === null ? null : sameMoment(x, time, other.spec.time);
    const [from, to] = rangeShown(page, other.spec);
    const isThere = at !== null && at >= from && at <= Math.min(to, other.spec.xRange[1]);
    other.plot.setCursor(
      isThere ? { left: other.plot.valToPos(at, "x"), top: 0 } : { left: -10, top: -10 },
      false,
    );
  }
}

/** What is shown, and what of it is folded, in words. */
export function shownText(page: ChartPage, spec: ChartSpec): string {
  const shown = shownOf(page, spec);
  const range = rangeShown(page, spec);
  const hidden = shown.isFolded ? leftOut(spec.time?.folds ?? [], range) : "";
  const stretch = shown.range === null ? "" : `Shown: ${xText(spec, range[0])} to ${xText(spec, range[1])}. `;
  return `${stretch}${hidden === "" ? "" : `Folded: ${hidden}.`}`;
}

/** Buttons for what the mouse does by dragging, and for stretches that have a name. */
export function startTools(page: ChartPage, place: HTMLElement): void {
  const [chart] = chartsOf(page, place.dataset.zoom ?? "");
  if (chart === undefined) return;
  const { spec } = chart;
  const status = document.createElement("p");
  const spoken = document.createElement("span");
  spoken.className = "visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  const add = (label: string, act: () => void): HTMLButtonElement => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      spoken.textContent = shownText(page, spec) || "All is shown";
    });
    place.append(button);
    return button;
  };
  const views = spec.time?.views ?? [];
  const buttons = views.map((view: TimeView) =>
    add(view.label, () => show(page, axisName(spec), view.range, view.isFolded)),
  );
  const gap = document.createElement("span");
  gap.className = "gap";
  place.append(gap);
  add("Zoom in", () => zoomBy(page, spec, 0.5));
  add("Zoom out", () => zoomBy(page, spec, 2));
  const earlier = add("Earlier", () => zoomBy(page, spec, 1, -0.5));
  const later = add("Later", () => zoomBy(page, spec, 1, 0.5));
  place.append(status, spoken);
  const tell = (): void => {
    const shown = shownOf(page, spec);
    for (const [i, button] of buttons.entries()) {
      const view = views[i];
      const isShown = view?.isFolded === shown.isFolded && String(view?.range) === String(shown.range);
      button.setAttribute("aria-pressed", String(isShown));
    }
    earlier.disabled = later.disabled = shown.range === null;
    status.textContent = shownText(page, spec);
  };
  page.tools.push(tell);
  tell();
}
