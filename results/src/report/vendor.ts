import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export interface Vendored {
  script: string;
  style: string;
  notice: string;
}

let uPlotFiles: Vendored | undefined;

/** uPlot as it is installed, read once. */
export function uPlot(): Vendored {
  if (uPlotFiles) return uPlotFiles;
  const require = createRequire(import.meta.url);
  const read = (name: string): string => readFileSync(require.resolve(`uplot/${name}`), "utf8").trim();
  uPlotFiles = {
    script: read("dist/uPlot.iife.min.js"),
    style: read("dist/uPlot.min.css"),
    notice: read("LICENSE"),
  };
  return uPlotFiles;
}
