import { FORECAST, FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import { type Html, html, NOTHING } from "../report/html.ts";
import { renderShell } from "../report/shell.ts";
import { cell, table, wordCell } from "../report/table.ts";
import { LEGEND, type Sheet, type SheetTable } from "./sheet.ts";

/** One file that needs nothing else. Renders what several forecasts come to and computes nothing. */
export function renderSheet(sheet: Sheet): string {
  const title = `${FORECAST}: ${sheet.title}`;
  const [json, csv] = sheet.numbersIn;
  return renderShell({
    title: `${title} · ${sheet.script}`,
    header: html`<p class="kicker">Mass reconnect forecast</p>
<h1>${title}</h1>
<dl class="facts">${sheet.facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<div class="alert"><p><strong>${FORECAST}.</strong> ${FORECAST_SENTENCE} See its <a href="#assumptions">assumptions</a>.</p></div>
${sheet.interrupted ? html`<div class="alert bad"><p><strong>Interrupted.</strong> What was known until then.</p></div>` : NOTHING}`,
    main: html`<section aria-labelledby="conclusion"><h2 id="conclusion">What it comes to</h2>
<div class="card">${sheet.conclusion.map((sentence) => html`<p class="sentence">${sentence}</p>`)}</div></section>
${sheet.plots.length === 0 ? NOTHING : html`<section aria-labelledby="plot"><h2 id="plot">Plot</h2>${sheet.plots.map((plot) => plot.html)}</section>`}
<section aria-labelledby="points"><h2 id="points">Every forecast</h2>
<p class="lead">${LEGEND.join(" ")}</p>
${sheet.tables.map((one) => html`<div class="card">${pointsTable(one)}</div>`)}</section>
${assumptionSection(sheet)}`,
    footer: html`The numbers of this page are those of <code>${json}</code> and <code>${csv}</code> beside it.`,
    plots: sheet.plots.map(({ spec }) => spec),
  });
}

function pointsTable({ heading, columns, rows, links }: SheetTable): Html {
  return table({
    caption: `${FORECAST}${heading === "" ? "" : `, ${heading}`}: each line is a forecast`,
    wide: true,
    words: columns.flatMap(({ isWords }, place) => (isWords ? [place] : [])),
    header: columns.map(({ header }) => header),
    rows: rows.map(([head = "", ...others], row) => ({
      head: links[row] === undefined ? head : html`<a href="${links[row]}">${head}</a>`,
      cells: others.map((text, i) => (columns[i + 1]?.isWords ? wordCell(text) : cell(text))),
    })),
  });
}

function assumptionSection({ assumptions }: Sheet): Html {
  return html`<section aria-labelledby="assumptions"><h2 id="assumptions">Assumptions</h2>
<div class="card">${table({
    caption: "What the model takes for granted",
    words: [1, 2],
    header: ["What", "Value", "From"],
    rows: assumptions.map((one) => ({
      head: one.name,
      cells: [html`<td class="words meaning">${one.value}</td>`, wordCell(sourceWords(one))],
    })),
  })}</div></section>`;
}
