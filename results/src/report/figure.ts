import type { ChartSpec } from "./chart-spec.ts";
import { type Html, html, NOTHING, visible } from "./html.ts";

/** A plot: its place in the page, and what the browser draws into it. */
export interface Figure {
  html: Html;
  spec: ChartSpec;
}

/** @param values the same as a table; null where the page shows them anyway */
export function figure(
  title: string,
  caption: string,
  spec: Omit<ChartSpec, "description">,
  values: Html | null,
): Figure {
  const heading = `${spec.id}-title`;
  return {
    html: html`<figure aria-labelledby="${heading}"><figcaption><h3 id="${heading}">${title}</h3>${caption === "" ? NOTHING : html`<p>${caption}</p>`}</figcaption>
<div class="chart" id="${spec.id}" role="group" aria-label="${title}. Arrow keys read the values, plus and minus zoom, 0 resets." tabindex="0"></div>
${values === null ? NOTHING : html`<details><summary>Values as a table<span class="visually-hidden">: ${title}</span></summary>${values}</details>`}</figure>
`,
    spec: { ...spec, description: visible(`${title}. ${caption}`) },
  };
}
