/// <reference lib="dom" />
import type UPlot from "uplot";
import type { ChartSpec } from "./chart-spec.ts";

/* Browser code, as charts.ts says: rows of cells whose colours are values. */
declare const cssColour: typeof import("./chart-words.ts").cssColour;
declare const xText: typeof import("./chart-words.ts").xText;
declare const msText: typeof import("./chart-words.ts").msText;

/** The step of a value, from 0. */
export function stepOf(bounds: readonly number[], value: number): number {
  const above = bounds.findIndex((bound) => value < bound);
  return Math.min(bounds.length - 2, Math.max(0, (above === -1 ? bounds.length : above) - 1));
}

/** From the first colour of the style sheet over the second to the third. */
export function stepColour(step: number, steps: number): string {
  const anchors = [1, 2, 3].map((i) => cssColour(`--heat-${i}`));
  const at = steps < 2 ? 1 : (2 * step) / (steps - 1);
  const [from = "", to = ""] = at < 1 ? anchors.slice(0, 2) : anchors.slice(1);
  const channels = [1, 3, 5].map((i) => {
    const [a, b] = [from, to].map((hex) => Number.parseInt(hex.slice(i, i + 2), 16)) as [number, number];
    return Math.round(a + (b - a) * (at < 1 ? at : at - 1));
  });
  return `rgb(${channels.join(" ")})`;
}

export function drawCells(plot: UPlot, spec: ChartSpec): void {
  const { cells } = spec;
  if (cells === undefined) return;
  const { ctx, bbox } = plot;
  const steps = cells.bounds.length - 1;
  const colours = Array.from({ length: steps }, (_, i) => stepColour(i, steps));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [column, x] of plot.data[0].entries()) {
    const from = plot.valToPos(x - cells.width / 2, "x", true);
    const to = plot.valToPos(x + cells.width / 2, "x", true);
    // Cells that are wide enough stand apart.
    const gap = to - from > 5 * devicePixelRatio ? devicePixelRatio : 0;
    for (let row = 0; row < spec.series.length; row++) {
      const value = plot.data[row + 1]?.[column];
      if (value === null || value === undefined) continue;
      const [top, bottom] = [row + 1, row].map((y) => plot.valToPos(y, "y", true)) as [number, number];
      ctx.fillStyle = colours[stepOf(cells.bounds, value)] ?? "";
      ctx.fillRect(
        from,
        top + devicePixelRatio,
        Math.max(1, to - from - gap),
        bottom - top - devicePixelRatio,
      );
    }
  }
  ctx.fillStyle = cssColour("--text");
  for (const mark of spec.marks) {
    ctx.fillRect(plot.valToPos(mark.from, "x", true), bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

/** The moment that a column stands for. */
export function momentText(spec: ChartSpec, x: number): string {
  if (spec.cells === undefined) return xText(spec, x);
  const half = spec.cells.width / 2;
  return `${Number((x - half).toFixed(1))} to ${Number((x + half).toFixed(1))} s`;
}

/** Which colour means what: the table behind the plot says the values to who cannot see it. */
export function addKey(plot: UPlot, spec: ChartSpec): void {
  const { cells } = spec;
  if (cells === undefined) return;
  const key = document.createElement("ul");
  key.className = "heat-key";
  key.setAttribute("aria-hidden", "true");
  const steps = cells.bounds.length - 1;
  for (let step = 0; step < steps; step++) {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.style.background = stepColour(step, steps);
    item.append(swatch, `${msText(cells.bounds[step] ?? 0)} to ${msText(cells.bounds[step + 1] ?? 0)}`);
    key.append(item);
  }
  plot.root.append(key);
}
