import type { ChartSpec } from "./chart-spec.ts";
import { BROWSER_CODE } from "./charts.ts";
import { contentPolicy } from "./content-policy.ts";
import { embeddedJson, type Html, html, trusted } from "./html.ts";
import { STYLE } from "./style.ts";
import { uPlot } from "./vendor.ts";

export interface ShellOptions {
  title: string;
  header: Html;
  main: Html;
  footer: Html;
  plots: readonly ChartSpec[];
  /** Rules of this page alone, beside those of all. */
  style?: string;
}

/** A page with plots: one file that needs nothing else. */
export function renderShell({ title, header, main, footer, plots, style: own = "" }: ShellOptions): string {
  const vendored = uPlot();
  const style = `${vendored.style}${STYLE}${own}`;
  const script = `${vendored.script}\n${BROWSER_CODE}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header><div class="frame">
${header}
<noscript><div class="alert"><p>The plots are drawn by the script inside this file, which is switched off here. Their values stand in the tables.</p></div></noscript>
</div></header>
<main class="frame">
${main}
</main>
<footer class="frame"><p>${footer} Plots: uPlot.</p></footer>
<script type="application/json" id="plots">${embeddedJson(plots)}</script>
${trusted(`<!-- uPlot: ${vendored.notice.replaceAll("--", "- -")} -->`)}
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.html;
}
