/// <reference lib="dom" />
import type { ChartSpec } from "./chart-spec.ts";

/*
 * Browser code, as charts.ts says. What one of these files uses of another it declares by its type: all of them are
 * functions of one script in the page.
 */

export function xText(spec: ChartSpec, x: number): string {
  if (spec.xAxis === "seconds") return `${Number(x.toFixed(2))} s`;
  if (spec.xAxis === "count") return Math.round(x).toLocaleString("en-US");
  // The axis shows 1 / (1 - q): this leads back to the percentile, with a digit more for every nine.
  const digits = Math.max(0, Math.ceil(Math.log10(x) - 1e-9) - 1);
  return `${Number(((1 - 1 / x) * 100).toFixed(digits))} %`;
}

export function msText(ms: number): string {
  if (ms === 0) return "0";
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

export function yText(spec: ChartSpec, y: number): string {
  if (spec.yAxis === "share") return `${Math.floor(y * 1e4 + 1e-6) / 100} %`;
  if (spec.yAxis === "milliseconds") return msText(y);
  return Math.round(y).toLocaleString("en-US");
}

export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function colourOf(index: number): string {
  return cssColour(index === 0 ? "--text" : `--series-${((index - 1) % 6) + 1}`);
}

export function legendDash(dash: readonly number[]): string {
  if (dash.length === 0) return "solid";
  return (dash[0] ?? 0) < 5 ? "dotted" : "dashed";
}
