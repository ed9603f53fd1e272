/// <reference lib="dom" />
import type UPlot from "uplot";
import type { ChartSpec } from "./chart-spec.ts";

/* Browser code, as charts.ts says: what is drawn behind and before the series. */
declare const cssColour: typeof import("./chart-words.ts").cssColour;

/** Storm windows behind the series. */
export function drawMarks(plot: UPlot, spec: ChartSpec): void {
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
  }
  ctx.restore();
}

/** Their names, before the grid and the hatching: these would strike them through. */
export function drawMarkNames(plot: UPlot, spec: ChartSpec): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  let labelled = Number.NEGATIVE_INFINITY;
  for (const mark of spec.marks) {
    const from = plot.valToPos(mark.from, "x", true);
    const to = plot.valToPos(mark.to, "x", true);
    // A window that began before what is shown says its name at the edge.
    const at = Math.max(from, bbox.left) + 5 * devicePixelRatio;
    const { width } = ctx.measureText(mark.label);
    const end = at + width + 4 * devicePixelRatio;
    if (to < bbox.left || at < labelled || end > bbox.left + bbox.width) continue;
    const top = bbox.top + 2 * devicePixelRatio;
    ctx.fillStyle = cssColour("--card");
    ctx.fillRect(at - 2 * devicePixelRatio, top, width + 4 * devicePixelRatio, 16 * devicePixelRatio);
    ctx.fillStyle = cssColour("--muted");
    ctx.fillText(mark.label, at, top + 2 * devicePixelRatio);
    labelled = end;
  }
  ctx.restore();
}

/** Hatched: here time runs faster. */
export function drawFolds(plot: UPlot, folds: readonly [number, number][]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [start, end] of folds) {
    const from = plot.valToPos(start, "x", true);
    const to = plot.valToPos(end, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(from, bbox.top, to - from, bbox.height);
    ctx.clip();
    ctx.fillStyle = cssColour("--page");
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.strokeStyle = cssColour("--fold");
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    for (let x = from - bbox.height; x < to; x += 7 * devicePixelRatio) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

export function drawTarget(plot: UPlot, spec: ChartSpec): void {
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
export function drawNotes(plot: UPlot, spec: ChartSpec): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = cssColour("--text");
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  for (const note of spec.notes ?? []) {
    const x = plot.valToPos(note.x, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const gap = 9 * devicePixelRatio;
    const fits = x + gap + ctx.measureText(note.text).width < bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(note.text, fits ? x + gap : x - gap, plot.valToPos(note.y, "y", true) - gap);
  }
  ctx.restore();
}
